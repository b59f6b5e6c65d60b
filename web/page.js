// The page: it asks an engine to read and fill a table, and shows what it answers.
import { browserEngine, serverEngine } from "./engine.js";

const $ = (id) => document.getElementById(id);
const token = new URLSearchParams(location.hash.slice(1)).get("token");
let engine;
let file; // {name, bytes}: what was given

function show(problem) {
  $("error").textContent = problem ?? "";
  $("error").hidden = !problem;
}

function list(id, sentences) {
  $(id).replaceChildren(...sentences.map((sentence) => {
    const item = document.createElement("li");
    item.textContent = sentence;
    return item;
  }));
}

const names = (text) => text.split(",").map((name) => name.trim()).filter(Boolean);

function reading() {
  const form = $("settings").elements;
  return {
    value: form.value.value.trim(), sheet: form.sheet.value.trim(), index: names(form.index.value), missing: names(form.missing.value),
    full_grid: form.full_grid.checked, zeros_are_gaps: form.zeros_are_gaps.checked, wide: form.wide.checked,
    censored: form.censored.checked, yes: form.yes.checked,
  };
}

function drawMaps(maps) {
  $("gaps").hidden = maps.length === 0;
  $("maps").replaceChildren(...maps.map(({ caption, svg }) => {
    const figure = document.createElement("figure");
    const scroller = document.createElement("div");
    scroller.className = "scrolls";
    scroller.tabIndex = 0; // it scrolls on a telephone, by the keyboard too
    scroller.setAttribute("role", "group");
    scroller.setAttribute("aria-label", caption);
    scroller.innerHTML = svg;
    const drawing = scroller.querySelector("svg");
    drawing.setAttribute("role", "img");
    drawing.setAttribute("aria-label", `Share of cells known: ${caption}`);
    const title = document.createElement("figcaption");
    title.textContent = caption;
    figure.append(scroller, title);
    return figure;
  }));
}

async function open(again) {
  show();
  $("status").textContent = `Reading ${file.name}.`;
  $("note").textContent = "";
  $("filler").hidden = $("result").hidden = true;
  $("reading").hidden = false;
  const focused = document.activeElement;
  lock(true);
  try {
    const opened = await engine.open(file.name, file.bytes.slice(0), reading());
    $("words").textContent = opened.words;
    list("warnings", opened.warnings);
    drawMaps(opened.maps);
    show(opened.stop);
    $("filler").hidden = Boolean(opened.stop);
    $("status").textContent = `${file.name} was read.`;
    if (!again) $("read").focus();
  } catch (cause) {
    $("words").textContent = "";
    list("warnings", []);
    drawMaps([]);
    $("status").textContent = "";
    show(cause.message);
  } finally {
    lock(false);
    if (document.activeElement === document.body) focused.focus();
  }
}

async function take(name, content) {
  try {
    file = { name, bytes: await content() };
  } catch (cause) {
    $("status").textContent = "";
    show(`${name} cannot be read (${cause.message}): give a file and no folder, and choose it again if it has changed`);
    return;
  }
  $("settings").reset();
  await open(false);
}

function offer(link, data, name, type) {
  URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(new Blob([data], { type }));
  link.download = name;
}

async function fill() {
  const form = $("work").elements;
  const work = {
    seed: Number(form.seed.value), effort: Number(form.effort.value), level: Number(form.level.value || 0),
    noise: form.noise.value, nonnegative: form.nonnegative.checked,
  };
  busy(true);
  show();
  $("result").hidden = true;
  const begin = performance.now();
  try {
    const filled = await engine.fill(work, ({ share, note }) => {
      $("progress").value = share;
      const label = `${Math.round(100 * share)} %: ${note}`;
      if ($("note").textContent !== label) $("note").textContent = label;
    });
    $("text").textContent = filled.text;
    list("cautions", filled.result.warnings);
    offer($("table"), filled.table, filled.name, "application/octet-stream");
    offer($("page"), filled.report, filled.name.replace(/(\.[^.]*)?$/, ".html"), "text/html");
    $("report").srcdoc = filled.report;
    $("result").hidden = false;
    const seconds = Math.round((performance.now() - begin) / 1000);
    $("note").textContent = filled.result.status === "interrupted"
      ? `Stopped after ${seconds} s: this is the best that was found by then.` : `Done in ${seconds} s.`;
    $("came").focus();
  } catch (cause) {
    $("note").textContent = "";
    show(cause.message);
  } finally {
    busy(false);
  }
}

function lock(on) {
  for (const id of ["file", "example", "fill"]) $(id).disabled = on;
  $("settings").querySelector("fieldset").disabled = on;
}

function busy(on) {
  lock(on);
  $("stop").disabled = $("progress").hidden = !on;
  if (on) {
    $("progress").value = 0;
    $("note").textContent = "Beginning.";
    $("stop").focus();
  }
}

function listen() {
  $("file").addEventListener("click", () => { $("file").value = ""; }); // the same file, which has changed, is news too
  $("file").addEventListener("change", () => {
    const [chosen] = $("file").files;
    if (chosen) take(chosen.name, () => chosen.arrayBuffer());
  });
  $("example").addEventListener("click", () => take("stations.csv", async () => (await fetch("stations.csv")).arrayBuffer()));
  $("settings").addEventListener("submit", (event) => { event.preventDefault(); open(true); });
  $("work").addEventListener("submit", (event) => { event.preventDefault(); fill(); });
  $("stop").addEventListener("click", async () => {
    $("note").textContent = "Stopping: what was found so far is put together.";
    $("stop").disabled = true;
    try {
      await engine.stop();
    } catch (cause) {
      show(cause.message);
    }
  });
  // A file that is dropped beside the frame would otherwise take the place of the page.
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    $("drop").classList.add("over");
  });
  document.addEventListener("dragleave", () => $("drop").classList.remove("over"));
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    $("drop").classList.remove("over");
    const [dropped, ...more] = event.dataTransfer.files;
    if (!dropped || $("file").disabled) return;
    if (more.length) show("Give one file at a time.");
    else take(dropped.name, () => dropped.arrayBuffer());
  });
}

try {
  engine = await (token ? serverEngine(token) : browserEngine());
  if (token) {
    $("where").textContent = "The work is done by lacuna on this machine: nothing leaves it.";
    $("further").textContent = "; Parquet, Arrow";
  }
  for (const [effort, words] of engine.efforts) $("work").elements.effort.add(new Option(`${effort}: ${words}`, effort));
  listen();
  busy(false);
  $("status").textContent = "Ready.";
} catch (cause) {
  $("status").textContent = "";
  show(cause.message);
}
