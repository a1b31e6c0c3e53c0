#version 330
// Sums 36 distant lights, each with a shadow map in one tile of the atlas.
in vec2 place;
uniform sampler2D points, normals, albedos;
uniform sampler2D shadows;
uniform vec3 toward[36];
uniform vec3 shine[36];
uniform mat4 into[36];     // world to the light's clip space
uniform vec3 camera, key;  // the camera's place; the direction of the main light
uniform vec3 key_colour;
layout(location = 0) out vec4 out_diffuse;   // rgb, 1 where there is skin
layout(location = 1) out vec4 out_specular;  // rgb, 1 where there is anything

float lit(int k, vec3 p, vec3 n) {
    vec3 q = (into[k] * vec4(p + n * 0.014, 1.0)).xyz * 0.5 + 0.5;
    if (any(lessThan(q, vec3(0.002))) || any(greaterThan(q, vec3(0.998)))) return 1.0;
    vec2 tile = (vec2(k % 6, k / 6) + q.xy) / 6.0;
    return q.z - 0.0012 > texture(shadows, tile).r ? 0.0 : 1.0;
}
void main() {
    vec4 at = texture(points, place), facing = texture(normals, place);
    vec4 colour = texture(albedos, place);
    if (colour.a == 0.0) { out_diffuse = vec4(0); out_specular = vec4(0); return; }
    int kind = int(at.w + 0.5);
    vec3 n = facing.xyz, v = normalize(camera - at.xyz), diffuse = vec3(0), specular = vec3(0);
    float a = facing.w * facing.w, a2 = a * a;
    for (int k = 0; k < 36; k++) {
        vec3 l = toward[k], h = normalize(l + v);
        if (kind == 5) {
            float shade = lit(k, at.xyz, l * 2.0);
            float along = dot(n, l), half_along = dot(n, h);
            diffuse += shine[k] * shade * sqrt(max(0.0, 1.0 - along * along)) * 0.6;
            specular += shine[k] * shade * pow(max(0.0, 1.0 - half_along * half_along), 30.0) * 0.05;
            specular += shine[k] * shade * colour.rgb * pow(max(0.0, 1.0 - half_along * half_along), 8.0);
            continue;
        }
        float facing_light = dot(n, l);
        if (facing_light <= 0.0) continue;
        float shade = lit(k, at.xyz, n) * facing_light;
        diffuse += shine[k] * shade;
        float nh = max(dot(n, h), 0.0), d = nh * nh * (a2 - 1.0) + 1.0;
        float fresnel = 0.028 + 0.972 * pow(1.0 - max(dot(h, v), 0.0), 5.0);
        if (kind != 1) specular += shine[k] * shade * fresnel * a2 / (d * d) * 0.25 * colour.a;
    }
    if (kind == 1) {  // the eye mirrors the main light: a catch light
        vec3 r = reflect(-v, n);
        specular += key_colour * smoothstep(0.955, 0.975, dot(r, key)) * 0.5 * step(0.05, diffuse.r);
    }
    bool skin = kind == 0;
    out_diffuse = skin ? vec4(diffuse, 1.0) : vec4(diffuse * colour.rgb, 0.0);
    out_specular = vec4(specular, 1.0);
}
