#version 330
in vec3 in_point;
in vec3 in_normal;
in vec3 in_rest;    // where the vertex is on the base mesh: what patterns are drawn in
in vec3 in_albedo;
in vec3 in_mask;    // lips, gloss, cloth
uniform mat4 view;
out vec3 point, normal, rest, albedo, mask;
void main() {
    point = in_point; normal = in_normal; rest = in_rest; albedo = in_albedo; mask = in_mask;
    gl_Position = view * vec4(in_point, 1.0);
}
