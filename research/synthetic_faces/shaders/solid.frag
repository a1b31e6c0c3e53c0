#version 330
// Writes what the lighting pass needs: where, which way, which colour.
in vec3 point, normal, rest, albedo, mask;
uniform int kind;          // 0 skin, 1 eyes, 2 teeth, 3 tongue
uniform vec3 eye_left;     // centre of the left eye on the base mesh
uniform vec3 iris, cloth;
uniform float bump, stubble, seed;
layout(location = 0) out vec4 out_point;   // xyz, kind
layout(location = 1) out vec4 out_normal;  // xyz, roughness
layout(location = 2) out vec4 out_albedo;  // rgb, specular strength

float hash(vec3 p) {
    p = fract(p * 0.3183099 + vec3(0.1, 0.2, 0.3)); p *= 17.0;
    return fract(p.x * p.y * p.z * (p.x + p.y + p.z));
}
float noise(vec3 x) {
    vec3 i = floor(x), f = fract(x); f = f * f * (3.0 - 2.0 * f);
    return mix(mix(mix(hash(i), hash(i + vec3(1,0,0)), f.x),
                   mix(hash(i + vec3(0,1,0)), hash(i + vec3(1,1,0)), f.x), f.y),
               mix(mix(hash(i + vec3(0,0,1)), hash(i + vec3(1,0,1)), f.x),
                   mix(hash(i + vec3(0,1,1)), hash(i + vec3(1,1,1)), f.x), f.y), f.z);
}
float relief(vec3 p) {
    vec3 q = p + seed;
    float skin = noise(q * 22.0) + 0.7 * noise(q * 45.0) + 0.5 * noise(q * 90.0);
    float lips = 1.3 * noise(q * vec3(75.0, 9.0, 20.0)) + noise(q * vec3(38.0, 7.0, 12.0));
    float weave = noise(q * vec3(60.0, 25.0, 60.0)) * 3.0;
    return mix(mix(skin, lips, mask.x), weave, smoothstep(-0.02, 0.02, mask.z));
}
void main() {
    vec3 n = normalize(normal), colour = albedo;
    float rough = 0.52, strength = 1.0;
    if (kind == 0) {
        float worn = smoothstep(-0.02, 0.02, mask.z);
        colour = mix(colour, cloth, worn);
        float e = 0.004, h = relief(rest);
        vec3 g = vec3(relief(rest + vec3(e,0,0)), relief(rest + vec3(0,e,0)),
                      relief(rest + vec3(0,0,e))) - h;
        n = normalize(n - bump * (g - n * dot(g, n)) / e);
        colour *= 1.0 + 0.10 * (noise(rest * 14.0 + seed) - 0.5) + 0.08 * (noise(rest * 55.0) - 0.5);
        float dots = smoothstep(0.30, 0.75, noise(rest * vec3(190.0, 120.0, 190.0) + seed));
        colour *= 1.0 - stubble * mask.y * dots * 0.62;
        rough = mix(0.50, 0.36, mask.x) + 0.35 * worn;
        strength = mix(1.0, 1.2, mask.x) * (1.0 - 0.8 * worn);
    } else if (kind == 1) {
        vec3 centre = rest.x > 0.0 ? eye_left : eye_left * vec3(-1, 1, 1);
        vec3 d = normalize(rest - centre);
        float a = acos(clamp(d.z, -1.0, 1.0)), around = atan(d.y, d.x);
        float veins = noise(vec3(around * 3.0, a * 6.0, 1.0));
        colour = mix(vec3(0.66, 0.62, 0.59), vec3(0.62, 0.42, 0.38), smoothstep(0.6, 1.2, a) * veins);
        float rays = 0.65 + 0.7 * noise(vec3(around * 9.0, a * 4.0, seed));
        vec3 ring = iris * rays * mix(1.25, 0.55, smoothstep(0.25, 0.46, a));
        colour = mix(ring, colour, smoothstep(0.43, 0.49, a));
        colour = mix(vec3(0.004), colour, smoothstep(0.15, 0.19, a));
        rough = 0.08; strength = 1.4;
    } else if (kind == 2) {
        // Fourteen teeth along the arch, gums above (upper) or below (lower).
        float s = atan(rest.x, rest.z - 1.02) * 7.2;
        float split = abs(fract(s + 0.0) - 0.5) * 2.0;
        bool upper = rest.y > 6.655;
        float gum_line = upper ? 6.755 - 0.02 * split : 6.545 + 0.02 * split;
        float gum = upper ? smoothstep(-0.01, 0.01, rest.y - gum_line)
                          : smoothstep(-0.01, 0.01, gum_line - rest.y);
        colour = vec3(0.86, 0.80, 0.70) * (1.0 - 0.55 * smoothstep(0.82, 1.0, split));
        colour *= mix(1.0, 0.55, smoothstep(0.12, 0.28, abs(rest.x)));
        colour = mix(colour, vec3(0.40, 0.13, 0.12), gum);
        rough = 0.3;
    } else if (kind == 3) {
        colour = vec3(0.42, 0.13, 0.12) * (0.8 + 0.4 * noise(rest * 40.0));
        rough = 0.4;
    }
    out_point = vec4(point, float(kind));
    out_normal = vec4(n, rough);
    out_albedo = vec4(colour, strength);
}
