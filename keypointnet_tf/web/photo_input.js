"use strict";
// A photo to drop, and to drag a box or an outline on. Gradio runs this once per component, with
// element, trigger, props, server, upload and watch. The server sends { photo, stamp }; what is
// drawn goes back as { box, outline } in pixels of the photo.
const NEAR = 14, MOST_POINTS = 1500, LEAST_STEP = 3, LEAST_DRAG = 6;
const TEXTS = {
  none: "",
  box: "Drag a box around the object, or choose Outline and draw around it.",
  outline: "Draw around the object with the mouse held down: what lies outside becomes black.",
};
const find = (selector) => element.querySelector(selector);
const root = find(".kp-photo"), stage = find(".kp-stage"), image = find("img"), svg = find("svg");
let photo = null, tool = "box", box = null, outline = null, drag = null;

function say(text, failed) {
  const hint = find(".kp-hint");
  hint.textContent = text;
  hint.classList.toggle("failed", Boolean(failed));
}

function explain() {
  if (!photo) return say(TEXTS.none);
  const drawn = box ? `box ${box.map(Math.round).join(", ")}` : outline ? "outline drawn" : "";
  const size = `${photo.name}, ${photo.width} × ${photo.height} pixels`;
  say([size, drawn || (photo.mask ? "with its mask" : TEXTS[tool])].join(" · "));
}

function receive() {
  photo = (props.value && props.value.photo) || null;
  box = outline = drag = null;
  root.dataset.state = photo ? "photo" : "empty";
  if (photo) {
    image.src = photo.src;
    image.alt = photo.name;
    stage.style.setProperty("--ratio", photo.width / photo.height);
    svg.setAttribute("viewBox", `0 0 ${photo.width} ${photo.height}`);
  } else {
    image.removeAttribute("src");
  }
  draw();
  explain();
  // What is sent with each event from now on; the preview need not travel back.
  if (photo) props.value = { box, outline };
}

const pathOf = (points) => `M${points.map((p) => p.map((v) => v.toFixed(1)).join(" ")).join("L")}`;

function cornersOf([x0, y0, x1, y1]) {
  return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
}

function draw() {
  const shape = box ? cornersOf(box) : outline;
  const closed = shape && (box || !drag);
  const path = shape && shape.length ? pathOf(shape) + (closed ? "Z" : "") : "";
  for (const name of [".halo", ".line"]) find(name).setAttribute("d", path);
  const whole = photo ? `M0 0H${photo.width}V${photo.height}H0Z` : "";
  find(".veil").setAttribute("d", path && closed ? whole + path : "");
  const group = find(".corners");
  group.replaceChildren();
  if (!box) return;
  const radius = 5 / scale();
  for (const [x, y] of cornersOf(box)) {
    const dot = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    for (const [key, value] of [["cx", x], ["cy", y], ["r", radius]]) dot.setAttribute(key, value);
    group.append(dot);
  }
}

// Pixels of the screen per pixel of the photo.
const scale = () => (svg.getBoundingClientRect().width || photo.width) / photo.width;

function place(event) {
  const area = svg.getBoundingClientRect();
  const clip = (value, most) => Math.min(Math.max(value, 0), most);
  return [
    clip((event.clientX - area.left) / area.width * photo.width, photo.width),
    clip((event.clientY - area.top) / area.height * photo.height, photo.height),
  ];
}

const apart = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) * scale();

svg.addEventListener("pointerdown", (event) => {
  if (!photo || event.button !== 0) return;
  event.preventDefault();
  svg.setPointerCapture(event.pointerId);
  const at = place(event), corners = box ? cornersOf(box) : [];
  const held = corners.findIndex((corner) => apart(corner, at) < NEAR);
  drag = { start: held < 0 ? at : corners[(held + 2) % 4], before: { box, outline }, moved: held >= 0 };
  if (tool === "outline" && held < 0) [box, outline] = [null, [at]];
});

svg.addEventListener("pointermove", (event) => {
  if (!drag) return;
  const at = place(event);
  drag.moved ||= apart(at, drag.start) >= LEAST_DRAG;
  if (!drag.moved) return;
  if (outline && !box) {
    const last = outline[outline.length - 1];
    if (outline.length < MOST_POINTS && apart(at, last) >= LEAST_STEP) outline.push(at);
  } else if (drag.moved) {
    const [x, y] = drag.start;
    box = [Math.min(x, at[0]), Math.min(y, at[1]), Math.max(x, at[0]), Math.max(y, at[1])];
    outline = null;
  }
  draw();
});

function finish(kept) {
  if (!drag) return;
  const { before, moved } = drag;
  drag = null;
  const flat = box && (box[2] - box[0] < 2 || box[3] - box[1] < 2);
  if (!kept || !moved || flat || (outline && outline.length < 3)) ({ box, outline } = before);
  else send();
  draw();
  explain();
}
svg.addEventListener("pointerup", () => finish(true));
svg.addEventListener("pointercancel", () => finish(false));
addEventListener("resize", () => photo && draw());

function send() {
  const round = (values) => values.map((v) => Math.round(v * 100) / 100);
  props.value = { box: box && round(box), outline: outline && outline.map(round) };
  trigger("input");
}

async function give(file, kind) {
  if (!file) return;
  const most = props.most_bytes;
  if (file.size > most) {
    return say(`${file.name} has ${(file.size / 1e6).toFixed(1)} MB; at most ${most / 1e6} MB are taken.`, true);
  }
  say(`Uploading ${file.name} …`);
  try {
    const { path } = await upload(file);
    trigger("upload", { path, name: file.name, kind });
    explain();
  } catch (error) {
    say(`${file.name} could not be uploaded.`, true);
  }
}

for (const button of element.querySelectorAll("[data-act]")) {
  const act = button.dataset.act;
  button.addEventListener("click", () => {
    if (act !== "clear") return find(`.kp-file[data-kind=${act}]`).click();
    if (!photo) return;
    box = outline = null;
    send();
    draw();
    explain();
  });
}
for (const button of element.querySelectorAll("[data-tool]")) {
  button.addEventListener("click", () => {
    tool = button.dataset.tool;
    for (const other of element.querySelectorAll("[data-tool]")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    explain();
  });
}
for (const input of element.querySelectorAll(".kp-file")) {
  input.accept = props.suffixes;
  input.addEventListener("change", () => {
    give(input.files[0], input.dataset.kind);
    input.value = "";
  });
}
stage.addEventListener("dragover", (event) => {
  event.preventDefault();
  stage.classList.add("over");
});
stage.addEventListener("dragleave", () => stage.classList.remove("over"));
stage.addEventListener("drop", (event) => {
  event.preventDefault();
  stage.classList.remove("over");
  give(event.dataTransfer.files[0], "photo");
});

watch("value", receive);
receive();
