/** GLSL of all that is seen. Nothing is lit: panels are as legible from everywhere, in both themes. */

/** A plane of 1 × 1, whose instances' matrices make it as large as they are. */
const instanced = `
precision highp float;
attribute vec3 position;
attribute vec4 tint;
attribute vec4 look;
uniform mat4 viewProjection;
#include<instancesDeclaration>
varying vec2 vAt;
varying vec4 vTint;
varying vec4 vLook;
void main() {
  #include<instancesVertex>
  vAt = position.xy * look.xy;
  vTint = tint;
  vLook = look;
  gl_Position = viewProjection * finalWorld * vec4(position.xy, 0.0, 1.0);
}`;

/**
 * `tint`: colour of the status; a: share done 0…1, 2 under way with nobody knowing how far, below 0 no bar.
 * `look`: width, height (m), a: how much the border shows the tint, b: how much the plate is washed with it.
 */
export const plate = {
  vertexSource: instanced,
  fragmentSource: `
precision highp float;
varying vec2 vAt;
varying vec4 vTint;
varying vec4 vLook;
uniform vec3 panel;
uniform vec3 line;
uniform vec3 track;
uniform float time;
float box(vec2 at, vec2 half_, float radius) {
  vec2 q = abs(at) - half_ + radius;
  return length(max(q, 0.0)) + min(max(q.x, q.y), 0.0) - radius;
}
void main() {
  vec2 half_ = vLook.xy * 0.5;
  float edge = box(vAt, half_, 0.035);
  float soft = fwidth(edge);
  float alpha = 1.0 - smoothstep(-soft, 0.0, edge);
  if (alpha < 0.02) discard;
  vec3 color = mix(panel, vTint.rgb, vLook.w);
  float rim = mix(0.004, 0.011, vLook.z);
  float border = smoothstep(-rim - soft, -rim, edge);
  color = mix(color, mix(line, vTint.rgb, vLook.z), border);
  if (vTint.a >= 0.0) {
    float tall = max(0.011, half_.y * 0.028);
    float inset = half_.y * 0.13;
    vec2 center = vec2(0.0, -half_.y + inset);
    vec2 size = vec2(half_.x - inset, tall);
    float bar = box(vAt - center, size, tall);
    float along = (vAt.x + size.x) / (2.0 * size.x);
    float mark = vTint.a <= 1.0 ? step(along, vTint.a) : smoothstep(0.22, 0.1, abs(fract(along - time * 0.45) - 0.5));
    float inside = 1.0 - smoothstep(-soft, 0.0, bar);
    color = mix(color, mix(track, vTint.rgb, mark), inside);
  }
  gl_FragColor = vec4(color, alpha);
}`,
};

/** A soft light around a panel, larger than it: `look` is the panel's size and how bright it is. */
export const glow = {
  vertexSource: instanced
    .replace('position.xy * look.xy', 'position.xy * (look.xy + 0.7)')
    .replace('vec4(position.xy,', 'vec4(position.xy * (look.xy + 0.7) / look.xy,'),
  fragmentSource: `
precision highp float;
varying vec2 vAt;
varying vec4 vTint;
varying vec4 vLook;
void main() {
  vec2 q = abs(vAt) - vLook.xy * 0.5 + 0.05;
  float away = length(max(q, 0.0));
  float light = pow(max(0.0, 1.0 - away / 0.38), 2.4) * vLook.z;
  if (light < 0.004) discard;
  gl_FragColor = vec4(vTint.rgb, light);
}`,
};

/** Text drawn by the browser, its colours multiplied with its alpha. */
export const caption = {
  vertexSource: `
precision highp float;
attribute vec3 position;
attribute vec2 uv;
uniform mat4 world;
uniform mat4 viewProjection;
varying vec2 vUV;
void main() {
  vUV = uv;
  gl_Position = viewProjection * world * vec4(position, 1.0);
}`,
  fragmentSource: `
precision highp float;
varying vec2 vUV;
uniform sampler2D text;
uniform float shown;
void main() {
  vec4 color = texture2D(text, vUV) * shown;
  if (color.a < 0.01) discard;
  gl_FragColor = color;
}`,
};

/** `tint`: colour, and a: 0 rests, 1 something flows along. `uv`: metres along, −1…1 across. */
export const link = {
  vertexSource: `
precision highp float;
attribute vec3 position;
attribute vec2 uv;
attribute vec4 tint;
uniform mat4 world;
uniform mat4 viewProjection;
varying vec2 vUV;
varying vec4 vTint;
void main() {
  vUV = uv;
  vTint = tint;
  gl_Position = viewProjection * world * vec4(position, 1.0);
}`,
  fragmentSource: `
precision highp float;
varying vec2 vUV;
varying vec4 vTint;
uniform float time;
void main() {
  float across = 1.0 - smoothstep(0.45, 1.0, abs(vUV.y));
  float wave = smoothstep(0.3, 0.0, abs(fract(vUV.x * 2.2 - time * 0.8) - 0.5));
  gl_FragColor = vec4(vTint.rgb, across * mix(0.85, mix(0.35, 1.0, wave), vTint.a));
}`,
};

/** A floor of dots that fade out, so that one sees where one stands. */
export const floor = {
  vertexSource: `
precision highp float;
attribute vec3 position;
uniform mat4 world;
uniform mat4 viewProjection;
varying vec2 vAt;
void main() {
  vec4 at = world * vec4(position, 1.0);
  vAt = at.xz;
  gl_Position = viewProjection * at;
}`,
  fragmentSource: `
precision highp float;
varying vec2 vAt;
uniform vec3 color;
void main() {
  vec2 cell = fract(vAt / 0.4) - 0.5;
  float away = length(cell) * 0.4;
  float soft = max(fwidth(vAt.x), fwidth(vAt.y));
  float dot_ = (1.0 - smoothstep(0.008, 0.008 + soft, away)) * min(1.0, 0.02 / soft);
  float fade = 1.0 - smoothstep(1.5, 7.5, length(vAt - vec2(0.0, 2.6)));
  gl_FragColor = vec4(color, dot_ * fade * 0.6);
}`,
};

/** One colour. */
export const plain = {
  vertexSource: `
precision highp float;
attribute vec3 position;
uniform mat4 world;
uniform mat4 viewProjection;
void main() {
  gl_Position = viewProjection * world * vec4(position, 1.0);
}`,
  fragmentSource: `
precision highp float;
uniform vec4 color;
void main() {
  gl_FragColor = color;
}`,
};
