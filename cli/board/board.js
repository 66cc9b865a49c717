// The page is whole without this: it adds the search, arrow keys in the grid, and opens what a link leads to.
const field = document.querySelector("#find");
const answer = document.querySelector("#found");
const grid = document.querySelector("#grid");

/** What can be found, with its words; read once, at the first search. */
let entries;
function search() {
  entries ??= [...document.querySelectorAll("[data-find]")].map((element) => ({
    element,
    text: element.textContent.toLowerCase(),
  }));
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const { element, text } of entries) {
    const matches = words.every((word) => text.includes(word));
    element.hidden = !matches;
    if (matches) found += 1;
  }
  answer.textContent = words.length === 0 ? "" : found === 1 ? "1 match" : `${found} matches`;
}

field.addEventListener("input", search);

document.addEventListener("keydown", (event) => {
  if (event.key === "/" && event.target !== field && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    field.focus();
    field.select();
  } else if (event.key === "Escape" && event.target === field) {
    field.value = "";
    search();
  }
});

/** Links of the grid, row by row, of what the search has left. */
function cells() {
  return [...grid.querySelectorAll("tbody tr:not([hidden])")].map((row) =>
    [...row.children].map((cell) => cell.querySelector("a")),
  );
}

// One stop of the Tab key for the whole grid; the arrow keys move in it.
for (const link of grid.querySelectorAll("a")) link.tabIndex = -1;
let current = grid.querySelector("tbody a");
if (current !== null) current.tabIndex = 0;

function moveTo(link) {
  if (current !== null) current.tabIndex = -1;
  current = link;
  link.tabIndex = 0;
  link.focus();
}

grid.addEventListener("focusin", (event) => {
  if (event.target instanceof HTMLAnchorElement && event.target !== current) moveTo(event.target);
});

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

grid.addEventListener("keydown", (event) => {
  const rows = cells();
  const row = rows.findIndex((links) => links.includes(event.target));
  if (row < 0) return;
  const column = rows[row].indexOf(event.target);
  const ends = { Home: rows[row].find(Boolean), End: rows[row].findLast(Boolean) };
  let target = ends[event.key];
  const step = STEPS[event.key];
  if (step !== undefined) {
    // What an environment does not have has no link: go on to the next that has one.
    let [y, x] = [row + step[0], column + step[1]];
    while (rows[y]?.[x] === null) [y, x] = [y + step[0], x + step[1]];
    target = rows[y]?.[x];
  }
  if (target === undefined || target === null) return;
  event.preventDefault();
  moveTo(target);
});

// A search may have hidden the one stop that the grid has.
field.addEventListener("input", () => {
  const links = cells()
    .flat()
    .filter((link) => link !== null);
  if (links.includes(current) || links[0] === undefined) return;
  if (current !== null) current.tabIndex = -1;
  current = links[0];
  current.tabIndex = 0;
});

/** Opens whatever the element that the address names lies in. */
function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target === null) return;
  for (let element = target; element !== null; element = element.parentElement) {
    if (element instanceof HTMLDetailsElement) element.open = true;
    element.hidden = false;
  }
  target.scrollIntoView();
  if (target.closest("details.module") !== null) {
    target.tabIndex = -1;
    target.focus({ preventScroll: true });
  }
}

addEventListener("hashchange", reveal);
reveal();
