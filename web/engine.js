// The two engines behind the page. Both have open(name, bytes, reading), fill(work, progress) and stop(), and throw an
// Error whose message is the sentence that the command would print.

function decoded(answer) {
  const value = typeof answer === "string" ? JSON.parse(answer) : answer;
  if (value.error) throw new Error(value.error);
  return value;
}

// browserEngine is WebAssembly in a worker.
export function browserEngine() {
  const worker = new Worker("worker.js");
  const waiting = new Map();
  let next = 0;
  let progress = () => {};
  const ask = (message) => new Promise((resolve, reject) => {
    const id = next++;
    waiting.set(id, { resolve, reject });
    worker.postMessage({ id, ...message });
  });
  return new Promise((loaded, failed) => {
    worker.onerror = (event) => {
      const cause = new Error(event.message ? `the engine stopped: ${event.message}. Load the page again`
        : "the engine could not be loaded. If this is the page of lacuna serve, open the whole address that it printed, with the token at its end; else load the page again");
      for (const { reject } of waiting.values()) reject(cause);
      waiting.clear();
      failed(cause);
    };
    worker.onmessage = ({ data }) => {
      if (data.ready) {
        if (data.quick) engine.efforts = [[0.3, "some"], [0.1, "less"], [0.01, "a first look"], [1, "as the command"]];
        return loaded(engine);
      }
      if (data.failed) return failed(new Error(`the engine could not be loaded: ${data.failed}`));
      if (data.progress) return progress(data.progress);
      waiting.get(data.id).resolve(data);
      waiting.delete(data.id);
    };
    const engine = {
      efforts: [[0.01, "a first look"], [0.1, "some"], [1, "as the command"]],
      async open(name, bytes, reading) {
        return decoded((await ask({ call: "open", name, bytes, reading })).answer);
      },
      async fill(work, tell) {
        progress = tell;
        const { answer, table } = await ask({ call: "fill", work });
        return { ...decoded(answer), table };
      },
      stop: () => worker.postMessage({ call: "stop" }),
    };
  });
}

// serverEngine is `lacuna serve`, which opened the page with a token in its address.
export async function serverEngine(token) {
  const ended = "lacuna serve does not answer: start it again, and open the address that it prints";
  let table = ""; // the number of the one that this window has opened
  const call = async (path, body) => {
    const answer = await fetch(`api/${path}`, { method: "POST", headers: { "Lacuna-Token": token, "Lacuna-Table": table }, body })
      .catch(() => { throw new Error(ended); });
    if (!answer.ok) throw new Error((await answer.text()).trim());
    return answer;
  };
  return {
    efforts: [[1, "as the command"], [0.3, "less"], [3, "more"], [10, "much more"]],
    async open(name, bytes, reading) {
      const query = new URLSearchParams({ name, reading: JSON.stringify(reading) });
      const answer = await call(`open?${query}`, bytes);
      table = answer.headers.get("Lacuna-Table");
      return decoded(await answer.json());
    },
    async fill(work, tell) {
      const lines = (await call("fill", JSON.stringify(work))).body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (;;) {
        const { value, done } = await lines.read().catch(() => { throw new Error(ended); });
        text += value ?? "";
        for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
          const line = JSON.parse(text.slice(0, end));
          text = text.slice(end + 1);
          if (line.progress) {
            tell(line.progress);
            continue;
          }
          const filled = decoded(line);
          return { ...filled, table: await (await call("table")).arrayBuffer() };
        }
        if (done) throw new Error("lacuna serve ended before the table was filled");
      }
    },
    stop: () => call("stop"),
  };
}
