#version 330
in vec3 in_point;
in vec3 in_along;
in vec3 in_albedo;
uniform mat4 view;
out vec3 point, along, albedo;
void main() {
    point = in_point; along = in_along; albedo = in_albedo;
    gl_Position = view * vec4(in_point, 1.0);
}
