// A page that changes about once a second: the blocks show the number of changes in binary, and each change is marked with its time.
const SECOND = 1000;
const SPREAD = 100;
const blocks = document.querySelectorAll("i");
let number = 0;

function change() {
  number += 1;
  const at = Date.now();
  blocks.forEach((block, bit) => {
    block.className = (number >> bit) & 1 ? "on" : "";
  });
  // Told after the change was painted, so that telling delays nothing.
  requestAnimationFrame(() => {
    setTimeout(() => fetch(`${location.pathname}/marks?number=${number}&at=${at}`, { method: "POST" }), 300);
  });
  setTimeout(change, SECOND + Math.random() * SPREAD);
}

setTimeout(change, SECOND);
