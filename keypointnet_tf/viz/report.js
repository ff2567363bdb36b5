"use strict";
// Turns the turntables, singles out keypoints, and unfolds everything for the printer.
(() => {
  const ELEVATION = (18 * Math.PI) / 180;
  const DEGREES_PER_MS = 360 / 16000;
  const RING = 118, RING_POINTS = 48, FRONT = [104, 132], BAND = 25, GROWTH = 0.0028;
  const DEPTHS = ["far", "middle", "near"];

  // Right, down and towards the viewer, as report_turntable.look_from has it.
  function camera(azimuth) {
    const a = (azimuth * Math.PI) / 180;
    const ca = Math.cos(a), sa = Math.sin(a), ce = Math.cos(ELEVATION), se = Math.sin(ELEVATION);
    return (x, y, z) => [
      -sa * x + ca * y,
      se * (ca * x + sa * y) - ce * z,
      ce * (ca * x + sa * y) + se * z,
    ];
  }

  function dotted(points, look, band) {
    let path = "";
    for (let i = 0; i < points.length; i += 3) {
      const [x, y, depth] = look(points[i], points[i + 1], points[i + 2]);
      if (band === undefined || (depth > BAND) + (depth > -BAND) === band) {
        path += `M${x.toFixed(1)} ${y.toFixed(1)}h0`;
      }
    }
    return path;
  }

  function place(element, point, scale) {
    const grown = scale ? ` scale(${scale.toFixed(3)})` : "";
    element.setAttribute("transform", `translate(${point[0].toFixed(1)} ${point[1].toFixed(1)})${grown}`);
  }

  class Turntable {
    constructor(figure) {
      this.scene = JSON.parse(document.getElementById(figure.dataset.scene).textContent);
      this.svg = figure.querySelector(".stand svg");
      this.dial = figure.querySelector(".dial");
      this.azimuth = Number(this.dial.value);
      this.visible = false;
      this.held = false;
      const all = (selector) => [...this.svg.querySelectorAll(selector)];
      this.shapes = DEPTHS.map((name) => this.svg.querySelector(`.shape.${name}`));
      this.clouds = all(".cloud");
      this.landmarks = all(".lm");
      this.marks = all(".mark").sort((a, b) => a.dataset.k - b.dataset.k);
      this.holder = this.svg.querySelector(".marks");
      this.listen();
    }

    listen() {
      this.dial.addEventListener("input", () => this.turnTo(Number(this.dial.value)));
      this.svg.addEventListener("pointerdown", (event) => {
        this.held = true;
        this.from = event.clientX;
        this.svg.setPointerCapture(event.pointerId);
      });
      this.svg.addEventListener("pointermove", (event) => {
        if (!this.held) return;
        this.turnTo(this.azimuth - (event.clientX - this.from) * 0.7);
        this.from = event.clientX;
      });
      for (const end of ["pointerup", "pointercancel"]) {
        this.svg.addEventListener(end, () => { this.held = false; });
      }
    }

    turnTo(azimuth) {
      this.azimuth = ((azimuth % 360) + 360) % 360;
      this.dial.value = Math.floor(this.azimuth);
      this.draw();
    }

    draw() {
      const look = camera(this.azimuth), scene = this.scene;
      const at = (points, i) => look(points[3 * i], points[3 * i + 1], points[3 * i + 2]);
      this.shapes.forEach((path, band) => path.setAttribute("d", dotted(scene.shape, look, band)));
      this.clouds.forEach((path, k) => path.setAttribute("d", dotted(scene.cloud[k], look)));
      this.landmarks.forEach((path, i) => place(path, at(scene.landmarks, i)));
      this.drawGround(look);
      const seen = this.marks.map((mark, k) => [at(scene.keypoints, k), mark]);
      seen.sort((a, b) => a[0][2] - b[0][2]);
      for (const [point, mark] of seen) {
        place(mark, point, 1 + GROWTH * point[2]);
        this.holder.append(mark);
      }
    }

    drawGround(look) {
      const floor = this.scene.floor;
      const text = (x, y) => look(x, y, floor).slice(0, 2).map((v) => v.toFixed(1)).join(" ");
      const ring = [];
      for (let i = 0; i < RING_POINTS; i++) {
        const a = (2 * Math.PI * i) / RING_POINTS;
        ring.push(text(RING * Math.cos(a), RING * Math.sin(a)));
      }
      this.svg.querySelector(".ring").setAttribute("d", `M${ring.join("L")}Z`);
      this.svg.querySelector("path.front").setAttribute("d", `M${text(FRONT[0], 0)}L${text(FRONT[1], 0)}`);
      place(this.svg.querySelector("text.front"), look(FRONT[1], 0, floor));
    }
  }

  function startTurntables() {
    const root = document.getElementById("stands");
    if (!root) return;
    const stands = [...root.querySelectorAll(".turntable")].map((figure) => new Turntable(figure));
    const button = document.getElementById("turn");
    let turning = !matchMedia("(prefers-reduced-motion: reduce)").matches, last = 0;
    const show = () => {
      button.textContent = turning ? "Pause" : "Play";
      button.setAttribute("aria-pressed", String(turning));
    };
    const step = (now) => {
      const passed = Math.min(now - last, 100);
      last = now;
      for (const stand of stands) {
        if (stand.visible && !stand.held) stand.turnTo(stand.azimuth + passed * DEGREES_PER_MS);
      }
      if (turning) requestAnimationFrame(step);
    };
    const start = () => requestAnimationFrame((now) => { last = now; step(now); });
    button.addEventListener("click", () => {
      turning = !turning;
      show();
      if (turning) start();
    });
    const watch = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        stands.find((stand) => stand.svg === entry.target).visible = entry.isIntersecting;
      }
    });
    stands.forEach((stand) => watch.observe(stand.svg));
    for (const box of root.querySelectorAll("[data-layer]")) {
      box.addEventListener("change", () => root.classList.toggle(`hide-${box.dataset.layer}`, !box.checked));
    }
    show();
    if (turning) start();
  }

  function startChooser() {
    const buttons = [...document.querySelectorAll(".chooser button")];
    const marks = [...document.querySelectorAll(".kp")];
    for (const button of buttons) {
      button.addEventListener("click", () => {
        const alone = button.getAttribute("aria-pressed") !== "true";
        for (const other of buttons) {
          other.setAttribute("aria-pressed", String(alone && other === button));
        }
        for (const mark of marks) {
          mark.classList.toggle("dim", alone && mark.dataset.k !== button.dataset.k);
        }
      });
    }
  }

  function startPrinting() {
    let folded = [];
    addEventListener("beforeprint", () => {
      folded = [...document.querySelectorAll("details:not([open])")];
      folded.forEach((part) => { part.open = true; });
    });
    addEventListener("afterprint", () => folded.forEach((part) => { part.open = false; }));
  }

  startTurntables();
  startChooser();
  startPrinting();
  document.documentElement.dataset.ready = "yes";
})();
