"use strict";
// Keypoints in 3D that turn: about the picture's vertical ("turntable"), or by the rotation between
// two photos ("turning"), which carries them onto the second photo's rings. Gradio runs this once
// per component. Scenes come from scenes.py: x right, y up, z towards the viewer, hundredths.
const SVG = "http://www.w3.org/2000/svg";
const ELEVATION = 16, MS_PER_TURN = 14000, MS_PER_SWING = 5200, MARK = 6.5, GROWTH = 0.0022;
const ROOM = 1.3, RING_POINTS = 72, HOLD = 0.22;
const find = (selector) => element.querySelector(selector);
const figure = find(".kp-points"), svg = find("svg"), dial = find(".kp-dial"), play = find(".kp-play");
let scene = null, azimuth = 0, progress = 0, clock = 0, last = 0, seen = false, held = false, marks = [];
let running = !matchMedia("(prefers-reduced-motion: reduce)").matches;

const radians = (degrees) => (degrees * Math.PI) / 180;
const turning = () => scene.kind === "turning";

// Right, down and nearer, seen from an azimuth (degrees, to the right) and a little from above.
function look([x, y, z]) {
  const a = radians(azimuth), e = radians(ELEVATION);
  const ahead = Math.cos(a) * z + Math.sin(a) * x;
  return [
    Math.cos(a) * x - Math.sin(a) * z,
    Math.sin(e) * ahead - Math.cos(e) * y,
    Math.cos(e) * ahead + Math.sin(e) * y,
  ];
}

// Rodrigues' formula: the point turned about the unit axis.
function turned([x, y, z], [i, j, k], degrees) {
  const c = Math.cos(radians(degrees)), s = Math.sin(radians(degrees));
  const along = (1 - c) * (i * x + j * y + k * z);
  return [
    x * c + s * (j * z - k * y) + i * along,
    y * c + s * (k * x - i * z) + j * along,
    z * c + s * (i * y - j * x) + k * along,
  ];
}

function make(parent, name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}

function markOf(k, kind) {
  const color = scene.colors[k], group = make(find(".marks"), "g", { class: `mark ${kind}`, "data-k": k });
  const hollow = kind === "goal" || scene.unsure[k];
  make(group, "circle", { r: MARK, fill: hollow ? "none" : color, stroke: hollow ? color : "#0008" });
  if (kind === "point") {
    make(group, "text", { fill: hollow ? "currentColor" : scene.inks[k], "text-anchor": "middle", dy: "0.35em" }, k);
  }
  return { group, k, kind };
}

function receive() {
  scene = props.value && props.value.points ? props.value : null;
  figure.dataset.state = scene ? "shown" : "empty";
  find(".marks").replaceChildren();
  find(".stems").replaceChildren();
  marks = [];
  if (!scene) return;
  figure.dataset.kind = scene.kind;
  svg.setAttribute("viewBox", windowOf().join(" "));
  dial.setAttribute("max", turning() ? 100 : 360);
  dial.setAttribute("aria-label", turning() ? "How far it is turned, percent" : "Turn, degrees");
  [azimuth, progress, clock] = [0, 0, 0];
  scene.points.forEach((_, k) => {
    make(find(".stems"), "path", {});
    marks.push(markOf(k, "point"));
    if (turning()) marks.push(markOf(k, "goal"));
  });
  draw();
}

// The part of the drawing's plane that holds the points from every side: x, y, width, height.
function windowOf() {
  const e = radians(ELEVATION), wide = scene.reach * ROOM, rim = 0.1 * wide;
  if (turning()) return [-wide, -0.85 * wide, 2 * wide, 1.7 * wide];
  const heights = scene.points.map(([x, y, z]) => y * Math.cos(e) + Math.hypot(x, z) * Math.sin(e));
  const top = -Math.max(...heights) - rim;
  const bottom = -scene.floor * Math.cos(e) + scene.reach * Math.sin(e) + 2 * rim;
  return [-wide, top, 2 * wide, bottom - top];
}

function placeOf({ k, kind }) {
  if (kind === "goal") return scene.goals[k];
  return turning() ? turned(scene.points[k], scene.axis, progress * scene.degrees) : scene.points[k];
}

function draw() {
  const unit = (scene.reach * ROOM) / 150;
  const text = (point) => look(point).slice(0, 2).map((v) => v.toFixed(1)).join(" ");
  const stems = find(".stems").children;
  const shown = marks.map((mark) => ({ ...mark, point: placeOf(mark) }));
  shown.sort((a, b) => look(a.point)[2] - look(b.point)[2]);
  for (const { group, k, kind, point } of shown) {
    const [x, y, nearer] = look(point);
    const size = unit * Math.max(0.6, 1 + (GROWTH * nearer) / unit);
    group.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${size.toFixed(3)})`);
    find(".marks").append(group);
    if (kind === "point") {
      const foot = turning() ? scene.goals[k] : [point[0], scene.floor, point[2]];
      stems[k].setAttribute("d", `M${text(point)}L${text(foot)}`);
    }
  }
  drawGround(text, unit);
  dial.value = Math.round(turning() ? 100 * progress : azimuth);
}

// The ring that the points stand on with the place of the camera, or the axis that they turn about.
function drawGround(text, unit) {
  const radius = scene.reach, ring = [];
  if (turning()) {
    const end = scene.axis.map((v) => v * radius * 1.08);
    find(".axis").setAttribute("d", `M${text(end.map((v) => -v))}L${text(end)}`);
    return;
  }
  for (let i = 0; i < RING_POINTS; i++) {
    const a = radians((360 * i) / RING_POINTS);
    ring.push(text([radius * Math.sin(a), scene.floor, radius * Math.cos(a)]));
  }
  find(".ring").setAttribute("d", `M${ring.join("L")}Z`);
  const eye = find(".eye"), [x, y] = look([0, scene.floor, radius]);
  eye.setAttribute("x", x.toFixed(1));
  eye.setAttribute("y", (y + 14 * unit).toFixed(1));
  eye.setAttribute("font-size", (9 * unit).toFixed(1));
}

// There, a rest, and back, in one swing of `phase` from 0 to 1.
function swing(phase) {
  const way = Math.min(phase < 0.5 ? phase / (0.5 - HOLD / 2) : (1 - phase) / (0.5 - HOLD / 2), 1);
  return way * way * (3 - 2 * way);
}

function step(now) {
  const passed = Math.min(now - last, 100);
  last = now;
  if (scene && seen && !held) {
    if (turning()) {
      clock = (clock + passed / MS_PER_SWING) % 1;
      progress = swing(clock);
    } else {
      azimuth = (azimuth + (360 * passed) / MS_PER_TURN) % 360;
    }
    draw();
  }
  if (running) requestAnimationFrame(step);
}

function setRunning(on) {
  running = on;
  play.textContent = on ? "Pause" : "Play";
  play.setAttribute("aria-pressed", String(on));
  if (on) requestAnimationFrame((now) => { last = now; step(now); });
}

play.addEventListener("click", () => setRunning(!running));
dial.addEventListener("input", () => {
  if (!scene) return;
  setRunning(false);
  if (turning()) progress = dial.value / 100;
  else azimuth = Number(dial.value);
  draw();
});
svg.addEventListener("pointerdown", (event) => {
  held = event.clientX;
  svg.setPointerCapture(event.pointerId);
});
svg.addEventListener("pointermove", (event) => {
  if (held === false || !scene) return;
  azimuth = (azimuth - (event.clientX - held) * 0.7 + 720) % 360;
  held = event.clientX;
  draw();
});
for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, () => { held = false; });
new IntersectionObserver((entries) => { seen = entries.some((entry) => entry.isIntersecting); }).observe(svg);

watch("value", receive);
receive();
setRunning(running);
