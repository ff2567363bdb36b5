"use strict";
// Small pictures to pick from. The server sends [{ src, name }]; the picked one's number goes back.
const strip = element.querySelector(".kp-strip");

function receive() {
  strip.replaceChildren(...(props.value || []).map(({ src, name }, index) => {
    const button = document.createElement("button"), image = document.createElement("img");
    button.type = "button";
    button.title = name;
    [image.src, image.alt] = [src, name];
    button.append(image);
    button.addEventListener("click", () => trigger("select", { index }));
    return button;
  }));
}

watch("value", receive);
receive();
