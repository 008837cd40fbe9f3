"use strict";

// The frame around charts: sections, controls with labels, numbers as a table, and CSV.

function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (value === undefined || value === false) continue;
        if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
        else made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
}

function cssColour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** A section with a heading that the contents link to. */
function section(id, title, note) {
    const made = element("section", { id, "aria-labelledby": `${id}-title` },
        element("h2", { id: `${id}-title` }, title), note ? element("p", { class: "note" }, note) : null);
    document.getElementById("main").append(made);
    document.getElementById("contents").append(element("a", { href: `#${id}` }, title));
    return made;
}

let controlsMade = 0;

/** A labelled select. `options` are [value, text]; `changed` is called with the value. */
function choice(parent, label, options, chosen, changed) {
    const id = `control-${++controlsMade}`;
    const select = element("select", { id, onchange: () => changed(select.value) },
        ...options.map(([value, text]) => element("option", { value, selected: String(value) === String(chosen) }, text)));
    parent.append(element("div", { class: "control" }, element("label", { for: id }, label), select));
    return select;
}

function csvField(value) {
    if (value === null || value === undefined) return "";
    const text = String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Columns are {title, unit, values}; numbers keep every digit. */
function csvText(columns) {
    const head = columns.map((c) => csvField(c.unit && c.unit !== "1" ? `${c.title} [${c.unit}]` : c.title)).join(",");
    const count = Math.max(0, ...columns.map((c) => c.values.length));
    const lines = [head];
    for (let k = 0; k < count; ++k) lines.push(columns.map((c) => csvField(c.values[k])).join(","));
    return `${lines.join("\r\n")}\r\n`;
}

function download(name, text) {
    const link = element("a", { href: URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" })), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function fileName(part) {
    return `${result.file.replace(/\.[^.]*$/, "")}-${part}.csv`;
}

/** A table of columns {title, unit, values, text}, in a frame that scrolls by itself. Cells carry their numbers as data-value. */
function tableOf(columns, label, longest = 2000) {
    const count = Math.min(longest, Math.max(0, ...columns.map((c) => c.values.length)));
    const isNumber = columns.map((column) => column.values.some((v) => typeof v === "number"));
    const body = element("tbody");
    for (let k = 0; k < count; ++k) {
        body.append(element("tr", {}, ...columns.map((column, c) => {
            const value = column.values[k];
            const text = column.text ? column.text(value, k) : typeof value === "number" ? digits(value, 6) : value ?? "–";
            const attributes = { class: isNumber[c] ? "number" : undefined, "data-value": value ?? undefined, "data-column": column.title };
            return c === 0 ? element("th", { scope: "row", ...attributes }, text) : element("td", attributes, text);
        })));
    }
    const head = element("tr", {}, ...columns.map((column, c) => {
        const unit = column.unit && column.unit !== "1" && !column.text ? ` (${SHOWN_UNIT[column.unit] ?? column.unit})` : "";
        return element("th", { scope: "col", class: isNumber[c] ? "number" : undefined }, column.title + unit);
    }));
    const table = element("table", {}, element("caption", { class: "unseen" }, label), element("thead", {}, head), body);
    const frame = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, table);
    const cut = Math.max(0, ...columns.map((c) => c.values.length)) - count;
    return cut > 0 ? element("div", {}, frame, element("p", { class: "note" }, `${cut} more rows are in the CSV file.`)) : frame;
}
