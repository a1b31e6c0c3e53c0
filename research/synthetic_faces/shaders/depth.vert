#version 330
in vec3 in_point;
uniform mat4 view;
void main() { gl_Position = view * vec4(in_point, 1.0); }
