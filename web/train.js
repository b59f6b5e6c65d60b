// The page of a run under way: it asks `lacuna serve --watch` every second where the run is, until it has ended.
const $ = (id) => document.getElementById(id);
const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
const captions = ["against gradient evaluations", "against flow time"];

function set(id, text) {
  if ($(id).textContent !== text) $(id).textContent = text; // what is said again is read out again
}

let drawn = "";

function draw(plots) {
  if (plots.join() === drawn) return;
  drawn = plots.join();
  $("plots").replaceChildren(...plots.map((svg, k) => {
    const figure = document.createElement("figure");
    figure.innerHTML = svg;
    const drawing = figure.querySelector("svg");
    drawing.setAttribute("role", "img");
    drawing.setAttribute("aria-label", `Norms of the blocks and losses ${captions[k]}`);
    return figure;
  }));
}

async function look() {
  const answer = await fetch("api/run", { method: "POST", headers: { "Lacuna-Token": token } });
  if (!answer.ok) throw new Error((await answer.text()).trim());
  const run = await answer.json();
  set("title", run.title);
  set("rank", run.rank);
  set("words", run.words);
  set("ended", run.ended && `Stopped: ${run.ended}.`);
  draw(run.plots ?? []);
  return !run.ended;
}

try {
  while (await look()) await new Promise((awake) => setTimeout(awake, 1000));
} catch (cause) {
  set("error", cause instanceof TypeError ? "lacuna serve has ended: start it again." : cause.message);
  $("error").hidden = false;
}
