"use strict";
(() => {
  const find = (id) => document.getElementById(id);
  const items = [...find("list").children];
  const filters = find("filters");

  // ---- what the cases hold: a line of JSON each, unpacked when the first is asked for

  let unpacked = null;
  const unpack = async () => {
    const letters = atob(find("packed").textContent.trim());
    const bytes = new Uint8Array(letters.length);
    for (let place = 0; place < letters.length; place++) bytes[place] = letters.charCodeAt(place);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return (await new Response(stream).text()).split("\n");
  };
  const lines = () => (unpacked ??= unpack());
  const dataOf = async (item) => JSON.parse((await lines())[items.indexOf(item)]);

  // Texts only ever become text nodes: nothing that a model said is read as HTML.
  const make = (tag, name, ...children) => {
    const element = document.createElement(tag);
    if (name) element.className = name;
    element.append(...children.filter((child) => child !== null && child !== ""));
    return element;
  };
  const spoken = (element) => Object.assign(element, { dir: "auto" });

  // ---- a case, when it is opened

  const parts = (whole, lengths, tag) => {
    if (!lengths) return [whole.trim() ? whole : make("i", "quiet", "(empty)")];
    const letters = Array.from(whole);
    return lengths.map((length, place) => {
      const part = letters.splice(0, length).join("");
      return place % 2 && part ? make(tag, "", part) : part;
    });
  };

  const said = (who, what, scripted) =>
    spoken(make("p", scripted ? "said scripted" : "said", make("span", "who", who), what));

  // A user's message, and the reply that is written in the suite, if it is.
  const turnOf = (data, [user, scripted]) => {
    const written = scripted === null ? [] : [said(`${data.speaker}, as written`, scripted, true)];
    return [said("user", user), ...written];
  };

  // What all trials have in common: all up to the first generated reply.
  const conversation = (data) => {
    const first = data.turns.findIndex((turn) => turn[1] === null);
    const common = data.turns.slice(0, first < 0 ? undefined : first + 1);
    const unknown = make("p", "quiet", "What was asked is not known any more.");
    return make("div", "talk", ...(common.length ? common.flatMap((turn) => turnOf(data, turn)) : [unknown]));
  };

  const score = (data, [kind, verdict, value, reason], several) => {
    const [turn, expectation, source, limit] = data.kinds[kind];
    const figures = [value && `value ${value}`, limit && `limit ${limit}`].filter(Boolean).join(", ");
    return make("li", verdict, make("span", "",
      make("span", "heard", `${verdict}: `), make("b", "", expectation), " ",
      make("span", "source", several ? `${source}, turn ${turn + 1}` : source), " ",
      make("span", "limits", figures), make("span", "reason", reason)));
  };

  const scores = (data, trial) => {
    const several = trial.replies.length > 1;
    const list = (rows) => make("ul", "scores", ...rows.map((row) => score(data, row, several)));
    const open = trial.scores.filter((row) => ["unmet", "error"].includes(row[1]));
    const rest = trial.scores.filter((row) => !open.includes(row));
    const met = rest.filter((row) => row[1] === "met").length;
    const name = met < rest.length ? `${met} met, ${rest.length - met} not judged` : `${met} met`;
    const more = () => make("details", "", make("summary", "", name), list(rest));
    return [...(open.length ? [list(open)] : []), ...(rest.length ? [more()] : [])];
  };

  const LONG = 2500;
  const quoted = (whole, lengths, tag) => {
    const element = spoken(make("blockquote", whole.length > LONG ? "long" : "", ...parts(whole, lengths, tag)));
    if (whole.length > LONG) element.tabIndex = 0;
    return element;
  };

  const reply = (trial, { text, cut, before, parts: marks }) => {
    const found = [quoted(text, marks?.[1], "ins")];
    if (cut) found.push(make("p", "label", "cut by the limit of tokens"));
    if (before === null) return found;
    const verdict = `${find("list").dataset.before}, trial ${trial.number}: ${trial.before}`;
    if (before === text) return [...found, make("p", "label", `${verdict}, the same words`)];
    const then = quoted(before, marks?.[0], "del");
    const label = marks ? verdict : `${verdict}, hardly a word in common`;
    return [...found, make("div", "then", make("p", "label", label), then)];
  };

  const trialCard = (data, trial) => {
    const verdict = trial.verdict === "error" ? "not judged" : trial.verdict;
    const title = make("h3", "", `Trial ${trial.number}`, make("span", `chip ${trial.verdict}`, verdict));
    if (trial.extra) title.append(make("span", "chip", "to confirm"));
    const card = make("article", `trial ${trial.verdict}`, title);
    if (trial.error) card.append(make("p", "message", trial.error));
    // A paraphrase stands where all trials of a case with one wording have its last turn.
    const turns = trial.asked ? [...data.turns.slice(0, -1), [trial.asked, null]] : data.turns;
    if (trial.asked && trial.replies.length === 1) card.append(said("user, in other words", trial.asked));
    trial.replies.forEach((each, place) => {
      const earlier = place && each.turn >= 0 ? trial.replies[place - 1].turn + 1 : each.turn + 1;
      const between = turns.slice(earlier, each.turn + 1);
      card.append(...between.flatMap((turn) => turnOf(data, turn)), ...reply(trial, each));
    });
    if (trial.copied) card.append(make("p", "copied", trial.copied));
    card.append(...scores(data, trial));
    return card;
  };

  const body = (item, data) => {
    const name = item.id.slice("case/".length);
    const link = make("a", "", "Link to this case");
    link.href = `#${encodeURI(item.id)}`;
    const tags = item.dataset.tags && make("span", "", `tags: ${item.dataset.tags}`);
    const need = make("span", "", `${data.need} of its trials must pass`);
    const trials = make("div", "trials", ...data.trials.map((trial) => trialCard(data, trial)));
    trials.tabIndex = 0;
    trials.setAttribute("role", "region");
    trials.setAttribute("aria-label", `Trials of ${name}`);
    return [
      make("p", "about", make("span", "", name), need, tags, link),
      data.meaning && make("p", "meaning", data.meaning),
      ...data.notes.map((note) => make("p", "label", note)),
      conversation(data), trials,
    ];
  };

  const fill = async (item) => {
    if (item.dataset.filled) return;
    item.dataset.filled = "yes";
    const place = make("div", "body");
    item.querySelector("details").append(place);
    try {
      place.append(...body(item, await dataOf(item)).filter(Boolean));
    } catch (error) {
      place.append(make("p", "message", `This browser cannot unpack the case: ${error}`));
    }
  };

  // ---- filters

  let searchable = null;
  const textOf = (data, item) => {
    const said = data.trials.flatMap((trial) => [trial.asked, ...trial.replies.map((each) => each.text)]);
    const unmet = data.trials.flatMap((trial) => trial.scores.filter((row) => row[1] !== "met"));
    const why = unmet.flatMap((row) => [data.kinds[row[0]][1], row[3]]);
    return [item.id, item.dataset.tags, ...data.turns.flat(), ...said, ...why].join("\n").toLowerCase();
  };
  const allTexts = async () => (await lines()).map((line, place) => textOf(JSON.parse(line), items[place]));
  const texts = () => (searchable ??= allTexts());

  const fields = [...filters.elements].filter((element) => element.matches("input, select"));
  const settings = () => Object.fromEntries(fields.map(({ id, value }) => [id, value.trim()]).filter(([, value]) => value));

  const fits = ({ verdict, label, change, category, adapter, tags }, chosen) =>
    (!chosen.show || [verdict, label, change].includes(chosen.show))
    && (!chosen.category || category === chosen.category)
    && (!chosen.adapter || adapter === chosen.adapter)
    && (!chosen.tag || tags.split(" ").includes(chosen.tag));

  const apply = async () => {
    const chosen = settings();
    const words = (chosen.text ?? "").toLowerCase().split(/\s+/);
    const searched = chosen.text ? await texts() : null;
    if (searched && chosen.text !== settings().text) return;
    let count = 0;
    items.forEach((item, place) => {
      const says = !searched || words.every((word) => searched[place].includes(word));
      item.hidden = !(says && fits(item.dataset, chosen));
      count += !item.hidden;
    });
    find("count").value = `${count} of ${items.length} cases`;
    find("none").hidden = count > 0;
    offer();
  };

  const changed = () => {
    const query = new URLSearchParams(settings()).toString();
    try {
      history.replaceState(null, "", query ? `#cases?${query}` : "#cases");
    } catch { /* a page without an address of its own */ }
    return apply();
  };

  const set = (chosen) => {
    for (const field of fields) field.value = chosen[field.id] ?? "";
    return apply();
  };

  let waiting = 0;
  filters.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(changed, 80);
  });
  filters.addEventListener("reset", () => setTimeout(changed));
  filters.addEventListener("submit", (event) => event.preventDefault());

  // ---- links

  const show = async (item, open) => {
    if (item.hidden) await set({});
    const details = item.querySelector("details");
    if (open) {
      details.open = true;
      await fill(item);
    }
    // Twice: rows that were never drawn get their height only when they come into view.
    const scroll = () => item.scrollIntoView({ block: "start", behavior: "instant" });
    scroll();
    requestAnimationFrame(scroll);
    details.firstElementChild.focus({ preventScroll: true });
  };

  const follow = () => {
    let hash = "";
    try {
      hash = decodeURIComponent(location.hash.slice(1));
    } catch { return; }
    if (hash.startsWith("cases?")) {
      set(Object.fromEntries(new URLSearchParams(location.hash.slice(7))));
      find("cases").scrollIntoView();
    } else if (hash.startsWith("case/")) {
      const item = find(hash);
      if (item) show(item, true);
    }
  };

  // ---- light and dark

  const root = document.documentElement;
  const dark = () => (root.style.colorScheme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const named = () => { find("theme").textContent = dark() ? "Light" : "Dark"; };
  const turn = () => {
    root.style.colorScheme = dark() ? "light" : "dark";
    named();
    try {
      localStorage.setItem("persona-eval-theme", root.style.colorScheme);
    } catch { /* a browser that keeps nothing for files */ }
  };
  try {
    root.style.colorScheme = localStorage.getItem("persona-eval-theme") ?? "";
  } catch { /* the same */ }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", named);
  find("theme").addEventListener("click", turn);

  // ---- keys

  const step = (by) => {
    const visible = items.filter((item) => !item.hidden);
    if (!visible.length) return;
    const here = document.activeElement?.closest(".case");
    const place = visible.indexOf(here);
    const next = visible[place < 0 ? 0 : Math.min(Math.max(place + by, 0), visible.length - 1)];
    const reading = here?.querySelector("details").open && here !== next;
    if (reading) here.querySelector("details").open = false;
    show(next, reading);
  };

  const MANY = 100;
  const opener = find("open-all");
  const listed = () => items.filter((item) => !item.hidden);
  const opened = (cases) => cases.length > 0 && cases.every((item) => item.querySelector("details").open);
  const offer = () => {
    const cases = listed();
    opener.disabled = cases.length > MANY;
    opener.title = opener.disabled ? `of ${MANY} cases at most: filter first` : "";
    opener.textContent = !opener.disabled && opened(cases) ? "Close all" : "Open all";
  };
  const openAll = () => {
    if (opener.disabled) return;
    const cases = listed();
    const open = !opened(cases);
    for (const item of cases) item.querySelector("details").open = open;
    offer();
  };

  const failedOnly = () => {
    find("show").value = find("show").value === "failed" ? "" : "failed";
    changed();
  };

  const keys = {
    j: () => step(1),
    k: () => step(-1),
    f: failedOnly,
    t: turn,
    o: openAll,
    "/": () => find("text").focus(),
    "?": () => find("help").showModal(),
    Escape: () => filters.reset(),
  };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea, dialog");
    if (event.ctrlKey || event.metaKey || event.altKey || (typing && event.key !== "Escape")) return;
    if (event.target.closest("dialog") || find("help").open || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
    if (typing) typing.blur();
  });

  opener.addEventListener("click", openAll);
  find("help-open").addEventListener("click", () => find("help").showModal());
  find("list").addEventListener("toggle", ({ target }) => {
    if (target.open && target.parentElement.matches(".case")) fill(target.parentElement);
    if (target.parentElement.matches(".case")) offer();
  }, true);
  addEventListener("hashchange", follow);
  for (const element of document.querySelectorAll("[data-script]")) element.hidden = false;
  named();
  apply();
  follow();
})();
