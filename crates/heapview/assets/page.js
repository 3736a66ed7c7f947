"use strict";
// The maps: each heap has a panel, whose canvas draws the rows that can be seen. All panels scroll and zoom together.

const byId = (id) => document.getElementById(id);
const commas = (number) => number.toLocaleString("en-US");
const bytesText = (bytes) => `${commas(bytes)} byte${bytes === 1 ? "" : "s"}`;
const GUTTER = 84; // pixels for addresses
const CAPTION = 1; // rows above each area, for its caption
const view = { cell: 12, least: 0, most: Infinity, hidden: new Set() };

// From distances to heap indices, once.
function unpack(heap) {
  const count = heap.objects.length / 3;
  heap.start = new Uint32Array(count);
  heap.length = new Uint32Array(count);
  heap.kind = new Uint32Array(count);
  let end = 0;
  for (let i = 0; i < count; i++) {
    heap.start[i] = end + heap.objects[3 * i];
    heap.length[i] = heap.objects[3 * i + 1];
    heap.kind[i] = heap.objects[3 * i + 2];
    end = heap.start[i] + heap.length[i];
  }
  let first = 0;
  for (const area of heap.areas) {
    area.first = first;
    first += area.blocks;
  }
}

// How many of an ascending array are at most a value.
function upTo(array, value, from = 0, step = 1) {
  let low = from, high = array.length / step;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (array[middle * step] <= value) low = middle + 1; else high = middle;
  }
  return low;
}

const objectAt = (heap, block) => {
  const object = upTo(heap.start, block) - 1;
  return object >= 0 && block - heap.start[object] < heap.length[object] ? object : -1;
};
const unknownAt = (heap, block) => {
  const run = upTo(heap.unknown, block, 0, 2) - 1;
  return run >= 0 && block - heap.unknown[2 * run] < heap.unknown[2 * run + 1];
};
const areaOf = (heap, block) => heap.areas.findLast((area) => area.first <= block);
const address = (heap, block) => {
  const area = areaOf(heap, block);
  return "0x" + (BigInt("0x" + area.address) + BigInt(block - area.first) * BigInt(heap.blockBytes)).toString(16);
};
const shown = (heap, object) => {
  const bytes = heap.length[object] * heap.blockBytes;
  return !view.hidden.has(heap.kinds[heap.kind[object]].name) && bytes >= view.least && bytes <= view.most;
};

// What lies at a block, in words.
function describe(heap, block) {
  const object = objectAt(heap, block);
  if (object >= 0) {
    const blocks = heap.length[object];
    const label = heap.labels && heap.labels[object] ? `\n${heap.labels[object]}` : "";
    return `${heap.kinds[heap.kind[object]].name}, ${bytesText(blocks * heap.blockBytes)}`
      + ` (${blocks} block${blocks === 1 ? "" : "s"})\nat ${address(heap, heap.start[object])}${label}`;
  }
  if (unknownAt(heap, block)) return `unknown: this part could not be read\nat ${address(heap, block)}`;
  const next = upTo(heap.start, block);
  const area = areaOf(heap, block);
  const from = next > 0 ? Math.max(area.first, heap.start[next - 1] + heap.length[next - 1]) : area.first;
  const to = Math.min(area.first + area.blocks, next < heap.start.length ? heap.start[next] : Infinity);
  let [low, high] = [from, to];
  for (let run = 0; run < heap.unknown.length; run += 2) {
    const [start, end] = [heap.unknown[run], heap.unknown[run] + heap.unknown[run + 1]];
    if (end <= block) low = Math.max(low, end); else if (start > block) high = Math.min(high, start);
  }
  return `free: a hole of ${bytesText((high - low) * heap.blockBytes)}\nat ${address(heap, low)}`;
}

class Panel {
  constructor(heap) {
    this.heap = heap;
    this.cursor = -1;
    const section = document.createElement("section");
    const words = document.createElement("div");
    words.className = "words";
    const add = (parent, tag, text, kind = "") => {
      const element = document.createElement(tag);
      element.textContent = text;
      element.className = kind;
      parent.append(element);
    };
    add(section, "h1", heap.title);
    heap.sentences.forEach((text) => add(words, "p", text));
    heap.suspects.forEach((text) => add(words, "p", text, "suspect"));
    heap.problems.forEach((text) => add(words, "p", text, "problem"));
    this.scroll = document.createElement("div");
    this.scroll.className = "scroll";
    this.scroll.tabIndex = 0;
    this.scroll.setAttribute("role", "img");
    this.scroll.setAttribute("aria-label", `Map of ${heap.title}; arrow keys go from block to block`);
    this.canvas = document.createElement("canvas");
    this.room = document.createElement("div");
    this.scroll.append(this.canvas, this.room);
    section.append(words, this.scroll);
    byId("heaps").append(section);
    this.scroll.addEventListener("scroll", () => scrolled(this));
    this.scroll.addEventListener("mousemove", (event) => this.hover(event));
    this.scroll.addEventListener("mouseleave", () => { byId("tip").hidden = true; });
    this.scroll.addEventListener("keydown", (event) => this.key(event));
    this.scroll.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      zoom(event.deltaY < 0 ? 1 : -1);
    }, { passive: false });
  }

  // Measures, after the window or the zoom has changed.
  fit() {
    const width = this.scroll.clientWidth, height = this.scroll.clientHeight, density = devicePixelRatio || 1;
    const columns = Math.max(8, Math.floor((width - GUTTER - 4) / view.cell));
    this.columns = columns >= 16 ? columns & ~15 : columns;
    this.rowHeight = Math.max(view.cell, 2);
    this.captionHeight = 22;
    let y = 0;
    for (const area of this.heap.areas) {
      area.top = y + this.captionHeight * CAPTION;
      area.rows = Math.ceil(area.blocks / this.columns);
      y = area.top + area.rows * this.rowHeight + 8;
    }
    this.canvas.width = Math.floor(width * density);
    this.canvas.height = Math.floor(height * density);
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    this.room.style.height = `${Math.max(0, y - height)}px`;
    this.draw();
  }

  draw() {
    const context = this.canvas.getContext("2d"), density = devicePixelRatio || 1;
    const style = getComputedStyle(document.documentElement), colour = (name) => style.getPropertyValue(name).trim();
    const [width, height] = [this.canvas.width / density, this.canvas.height / density];
    context.setTransform(density, 0, 0, density, 0, 0);
    context.fillStyle = colour("--paper");
    context.fillRect(0, 0, width, height);
    context.font = "11px monospace";
    context.textBaseline = "middle";
    const top = this.scroll.scrollTop;
    this.heap.areas.forEach((area, number) => {
      const from = Math.max(0, Math.floor((top - area.top) / this.rowHeight));
      const to = Math.min(area.rows, Math.ceil((top + height - area.top) / this.rowHeight));
      context.fillStyle = colour("--ink");
      const name = this.heap.areas.length > 1 ? `area ${number + 1}: ` : "";
      context.fillText(`${name}${bytesText(area.blocks * this.heap.blockBytes)} from 0x${area.address} on`, 4, area.top - top - 10);
      for (let row = from; row < to; row++) this.row(context, area, row, area.top + row * this.rowHeight - top, colour);
    });
  }

  row(context, area, row, y, colour) {
    const heap = this.heap, cell = view.cell;
    const first = area.first + row * this.columns;
    const end = Math.min(first + this.columns, area.first + area.blocks);
    const gap = cell >= 4 ? 1 : 0, high = this.rowHeight - gap;
    const x = (block) => GUTTER + (block - first) * cell;
    if (cell >= 10 || row % Math.ceil(12 / this.rowHeight) === 0) {
      context.fillStyle = colour("--ink");
      context.fillText(address(heap, first).slice(2).slice(-12).padStart(8, "0"), 4, y + high / 2, GUTTER - 8);
    }
    context.fillStyle = colour("--free");
    context.fillRect(GUTTER, y, (end - first) * cell, high);
    context.fillStyle = colour("--unknown");
    for (let run = 0; run < heap.unknown.length; run += 2) {
      const from = Math.max(first, heap.unknown[run]), to = Math.min(end, heap.unknown[run] + heap.unknown[run + 1]);
      if (from < to) context.fillRect(x(from), y, (to - from) * cell, high);
    }
    for (let object = Math.max(0, upTo(heap.start, first) - 1); object < heap.start.length && heap.start[object] < end; object++) {
      const start = heap.start[object], from = Math.max(start, first), to = Math.min(start + heap.length[object], end);
      if (from >= to) continue;
      context.fillStyle = shown(heap, object) ? heap.kinds[heap.kind[object]].colour : colour("--pale");
      const edge = start >= first ? gap : 0;
      context.fillRect(x(from) + edge, y, (to - from) * cell - edge, high);
      if (edge && cell >= 6 && shown(heap, object)) {
        context.fillStyle = "rgba(0, 0, 0, .35)"; // the head, so that neighbours of one kind can be told apart in grey, too
        context.fillRect(x(from) + edge, y, Math.max(1, cell / 4), high);
      }
    }
    if (this.cursor >= first && this.cursor < end) {
      context.strokeStyle = colour("--ink");
      context.lineWidth = 2;
      context.strokeRect(x(this.cursor), y, Math.max(cell, 3), Math.max(high, 3));
    }
  }

  // The block under a point of the panel, or -1.
  blockAt(left, top) {
    const y = top + this.scroll.scrollTop, column = Math.floor((left - GUTTER) / view.cell);
    if (column < 0 || column >= this.columns) return -1;
    for (const area of this.heap.areas) {
      const row = Math.floor((y - area.top) / this.rowHeight), block = row * this.columns + column;
      if (row >= 0 && row < area.rows && block < area.blocks) return area.first + block;
    }
    return -1;
  }

  hover(event) {
    const box = this.scroll.getBoundingClientRect(), tip = byId("tip");
    const block = this.blockAt(event.clientX - box.left - this.scroll.clientLeft, event.clientY - box.top - this.scroll.clientTop);
    tip.hidden = block < 0;
    if (block < 0) return;
    tip.textContent = describe(this.heap, block);
    const right = event.clientX + 16 + tip.offsetWidth > innerWidth, low = event.clientY + 16 + tip.offsetHeight > innerHeight;
    tip.style.left = `${right ? Math.max(0, event.clientX - 8 - tip.offsetWidth) : event.clientX + 16}px`;
    tip.style.top = `${low ? event.clientY - 8 - tip.offsetHeight : event.clientY + 16}px`;
  }

  key(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.columns, ArrowUp: -this.columns }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const last = this.heap.areas.at(-1);
    this.cursor = Math.min(Math.max(this.cursor < 0 ? 0 : this.cursor + step, 0), last.first + last.blocks - 1);
    const area = areaOf(this.heap, this.cursor);
    const y = area.top + Math.floor((this.cursor - area.first) / this.columns) * this.rowHeight;
    if (y < this.scroll.scrollTop || y + this.rowHeight > this.scroll.scrollTop + this.scroll.clientHeight) {
      this.scroll.scrollTop = y - this.scroll.clientHeight / 2;
    }
    byId("live").textContent = describe(this.heap, this.cursor);
    this.draw();
  }
}

let panels = [];

function scrolled(panel) {
  for (const other of panels) {
    if (other !== panel && other.scroll.scrollTop !== panel.scroll.scrollTop) other.scroll.scrollTop = panel.scroll.scrollTop;
  }
  byId("tip").hidden = true;
  panel.draw();
}

function zoom(direction) {
  const steps = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32];
  const at = steps.indexOf(view.cell) + direction;
  if (at < 0 || at >= steps.length) return;
  view.cell = steps[at];
  refit();
}

function refit() {
  byId("zoom").textContent = `${view.cell} px`;
  panels.forEach((panel) => panel.fit());
}

// The kinds of all heaps, with how many objects each has, as check boxes.
function listKinds() {
  const all = new Map();
  for (const heap of DATA) {
    const counts = new Uint32Array(heap.kinds.length), blocks = new Float64Array(heap.kinds.length);
    heap.kind.forEach((kind, object) => { counts[kind]++; blocks[kind] += heap.length[object]; });
    heap.kinds.forEach((kind, number) => {
      const entry = all.get(kind.name) || { colour: kind.colour, objects: 0, bytes: 0 };
      kind.colour = entry.colour; // the same in all heaps
      entry.objects += counts[number];
      entry.bytes += blocks[number] * heap.blockBytes;
      all.set(kind.name, entry);
    });
  }
  const sorted = [...all].sort(([, a], [, b]) => b.bytes - a.bytes);
  for (const [name, entry] of sorted) {
    const label = document.createElement("label"), box = document.createElement("input"), sample = document.createElement("span");
    label.className = "kind";
    label.title = `${commas(entry.objects)} objects, ${bytesText(entry.bytes)}`;
    box.type = "checkbox";
    box.checked = true;
    box.dataset.kind = name;
    sample.className = "sample";
    sample.style.background = entry.colour;
    box.addEventListener("change", () => { view.hidden[box.checked ? "delete" : "add"](name); filtered(); });
    label.append(box, " ", sample, ` ${name}`);
    byId("kinds").append(label);
  }
}

function filtered() {
  const parts = DATA.map((heap) => {
    let objects = 0, blocks = 0;
    for (let object = 0; object < heap.start.length; object++) {
      if (shown(heap, object)) { objects++; blocks += heap.length[object]; }
    }
    return `${commas(objects)} of ${commas(heap.start.length)} objects shown, ${bytesText(blocks * heap.blockBytes)}`;
  });
  byId("matches").textContent = parts.join(" | ");
  panels.forEach((panel) => panel.draw());
}

function readSizes() {
  const value = (id, otherwise) => byId(id).value === "" ? otherwise : Number(byId(id).value);
  view.least = value("least", 0);
  view.most = value("most", Infinity);
  filtered();
}

function start() {
  DATA.forEach(unpack);
  listKinds();
  panels = DATA.map((heap) => new Panel(heap));
  byId("in").addEventListener("click", () => zoom(1));
  byId("out").addEventListener("click", () => zoom(-1));
  byId("least").addEventListener("input", readSizes);
  byId("most").addEventListener("input", readSizes);
  byId("reset").addEventListener("click", () => {
    byId("least").value = byId("most").value = "";
    view.hidden.clear();
    document.querySelectorAll("#kinds input").forEach((box) => { box.checked = true; });
    readSizes();
  });
  addEventListener("resize", refit);
  addEventListener("keydown", (event) => {
    if (event.target.tagName === "INPUT" && event.target.type === "number") return;
    if (event.key === "+" || event.key === "=") zoom(1);
    if (event.key === "-") zoom(-1);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => panels.forEach((panel) => panel.draw()));
  // A small heap begins with large blocks, a large one with small ones.
  const most = Math.max(...DATA.map((heap) => { const last = heap.areas.at(-1); return last.first + last.blocks; }));
  view.cell = most > 200000 ? 3 : most > 40000 ? 6 : most > 6000 ? 8 : 12;
  refit();
  filtered();
}

start();
