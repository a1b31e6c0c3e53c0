#version 330
in vec3 point, along, albedo;
layout(location = 0) out vec4 out_point;
layout(location = 1) out vec4 out_normal;
layout(location = 2) out vec4 out_albedo;
void main() {
    out_point = vec4(point, 5.0);
    out_normal = vec4(normalize(along), 0.3);
    out_albedo = vec4(albedo, 1.0);
}
