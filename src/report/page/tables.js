"use strict";

// What is told in words and numbers: the headline, the table of all rows, sweep points that failed, provenance.

function fact(parent, label, value, ...more) {
    const lines = more.filter(Boolean).map((text) => element("span", {}, text));
    parent.append(element("div", { class: "fact" }, element("dt", {}, label), element("dd", {}, element("strong", {}, value), ...lines)));
}

function headline(parent) {
    const facts = element("dl", { class: "facts" });
    const power = metricNamed("power_w"), energy = metricNamed("energy_j"), isOne = result.rows === 1;
    // Of repetitions the median counts, not the luckiest.
    const groups = groupsOfRows(rowNumbers).map((group) => ({ ...group, accuracy: summaryOf(metricNamed("accuracy"), group.rows), power: power ? summaryOf(power, group.rows) : null }))
        .filter((group) => group.accuracy);
    const watts = (group) => group.power?.value ?? 0;
    const best = groups.reduce((a, b) => (b.accuracy.value > a.accuracy.value || (b.accuracy.value === a.accuracy.value && watts(b) < watts(a)) ? b : a));
    const { value, low, high, hasBand, count } = best.accuracy;
    fact(facts, isOne ? "Accuracy" : "Best accuracy", percent(value), hasBand ? `95 %: ${percent(low)} to ${percent(high)}` : undefined, count > 1 ? `median of ${count} repetitions` : undefined, isOne ? undefined : best.name);
    if (watts(best) > 0) fact(facts, isOne ? "Power" : "Power there", quantity(watts(best), "W"), energy ? `${quantity(summaryOf(energy, best.rows)?.value, "J")} per inference` : undefined);
    if (watts(best) > 0 && hasBand && groups.length > 1) {
        const near = groups.filter((group) => group.power && group.accuracy.value >= low);
        const least = near.reduce((a, b) => (watts(b) < watts(a) ? b : a), best);
        if (least !== best) fact(facts, "Least power as accurate", quantity(watts(least), "W"), percent(least.accuracy.value), least.name);
    }
    const open = rowNumbers.filter((row) => !isConverged(row)).length;
    const residual = metricNamed("residual_max");
    const worst = residual ? Math.max(...residual.values.filter((v) => v !== null)) : null;
    fact(facts, "Converged", result.rows > 1 ? `${result.rows - open} of ${result.rows}` : open === 0 ? "yes" : "NO", worst === null ? undefined : `KCL residual ≤ ${digits(worst, 3)}`);
    parent.append(facts);
}

const TABLE_METRICS = ["tiles", "accuracy", "accuracy_ideal_wires", "accuracy_ideal_devices", "accuracy_software", "power_w", "energy_j", "latency_s", "area_all_m2", "g_error_mean_s", "residual_max"];
const SHORT_TITLES = { g_error_mean_s: "g error", accuracy: "Accuracy", accuracy_ideal_wires: "Ideal wires", accuracy_ideal_devices: "Ideal devices", accuracy_software: "Software", energy_j: "Energy", residual_max: "Residual" };

/** Columns of the headline table: {title, metric or axis, valueOf, textOf}. */
function headlineColumns() {
    const columns = axes.length > 0
        ? namingColumns().map((column) => ({ ...column, isName: true }))
        : [{ title: "Point", valueOf: nameOfRow, textOf: nameOfRow, isName: true }];
    for (const name of TABLE_METRICS) {
        const metric = metricNamed(name);
        if (!metric || metric.values.every((v) => v === null || v === 0)) continue;
        const saysNothing = name === "accuracy_ideal_devices" && metric.values.every((v, row) => v === metricNamed("accuracy").values[row]);
        if (saysNothing) continue;
        columns.push({ title: SHORT_TITLES[name] ?? metric.label, name, valueOf: (row) => metric.values[row], textOf: (row) => metricText(metric, metric.values[row]), isNumber: true });
        if (name !== "accuracy" || !intervalOf(0)) continue;
        columns.push({ title: "95 % interval", valueOf: (row) => intervalOf(row)?.[0] ?? null, textOf: (row) => intervalOf(row)?.map((v) => (100 * v).toFixed(2)).join(" – ") ?? "–", isNumber: true });
    }
    if (figureNamed("converged")) columns.push({ title: "Solved", valueOf: (row) => (isConverged(row) ? 1 : 0), textOf: (row) => (isConverged(row) ? "yes" : "NO") });
    return columns;
}

function headlineTable(parent) {
    const FEW = 12;
    const columns = headlineColumns(), best = bestRow();
    let order = [...rowNumbers], sorted = null, rising = true, isAll = result.rows <= FEW + 4;
    const body = element("tbody"), more = element("button", { type: "button", class: "plain" });

    const fill = () => {
        body.replaceChildren(...order.slice(0, isAll ? order.length : FEW).map((row) => element("tr", { "data-row": row, class: row === best && result.rows > 1 ? "best" : undefined },
            ...columns.map((column, c) => element(c === 0 ? "th" : "td", {
                scope: c === 0 ? "row" : undefined, class: column.isNumber ? "number" : undefined, "data-figure": column.name, "data-value": column.valueOf(row) ?? undefined,
            }, column.textOf(row))))));
        more.hidden = result.rows <= FEW + 4;
        more.textContent = isAll ? "Show fewer" : `Show all ${result.rows} points`;
    };
    more.addEventListener("click", () => { isAll = !isAll; fill(); });

    const heads = columns.map((column) => {
        const head = element("th", { scope: "col", class: column.isNumber ? "number" : undefined, "aria-sort": "none" });
        head.append(element("button", { type: "button", onclick: () => {
            rising = sorted === column ? !rising : !column.name?.startsWith("accuracy");
            sorted = column;
            const place = (value) => (value === null || value === undefined ? Infinity : value);
            const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b, "en", { numeric: true }) : a - b);
            order.sort((a, b) => (rising ? 1 : -1) * compare(place(column.valueOf(a)), place(column.valueOf(b))));
            heads.forEach((other) => other.setAttribute("aria-sort", "none"));
            head.setAttribute("aria-sort", rising ? "ascending" : "descending");
            fill();
        } }, column.title));
        return head;
    });
    const table = element("table", { id: "points" }, element("caption", { class: "unseen" }, "All points of the result. Heads sort."), element("thead", {}, element("tr", {}, ...heads)), body);
    const csv = element("button", { type: "button", onclick: () => download(fileName("points"), csvText(everyColumn())) }, "Download all figures as CSV");
    parent.append(element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table of all points" }, table), element("div", { class: "under" }, more, csv));
    fill();
}

/** Everything that the file says of its rows. */
function everyColumn() {
    const columns = result.axes.map((axis) => ({ title: axis.name, unit: axis.unit, values: axis.values }));
    for (const text of result.texts) columns.push({ title: text.name, values: text.values });
    for (const figure of result.figures) {
        if (!Array.isArray(figure.values[0])) {
            columns.push({ title: figure.name, unit: figure.unit, values: figure.values });
            continue;
        }
        figure.values[0].forEach((_, part) => columns.push({ title: `${figure.name}_${part}`, unit: figure.unit, values: figure.values.map((v) => v[part]) }));
    }
    return columns;
}

/** Sweep points that did not come to a good end. */
function sweepOutcome(parent) {
    const { status, messages } = result.sweep;
    if (status.length === 0) return;
    const count = (wanted) => status.filter((s) => s === wanted).length;
    parent.append(element("p", {}, `${counted(status.length, "sweep point")}: ${count(0)} done, ${count(1)} not converged, ${count(2)} failed${count(255) > 0 ? `, ${count(255)} not computed` : ""}.`));
    const troubled = status.map((_, k) => k).filter((k) => status[k] !== 0);
    if (troubled.length === 0) return;
    parent.append(tableOf([
        { title: "sweep point", values: troubled },
        { title: "status", values: troubled.map((k) => ({ 0: "done", 1: "not converged", 2: "failed", 255: "not computed" })[status[k]] ?? `status ${status[k]}`) },
        { title: "message", values: troubled.map((k) => messages[k]) },
    ], "Sweep points that did not converge or failed", 200));
}

function provenance() {
    const parent = section("provenance", "Provenance");
    const list = element("dl", { class: "provenance" });
    for (const { name, value } of result.provenance) list.append(element("div", {}, element("dt", {}, name), element("dd", {}, value)));
    parent.append(list);
    if (result.study) parent.append(element("details", { class: "study" }, element("summary", {}, "The study file"), element("pre", { tabindex: "0", "aria-label": "The study file" }, result.study)));
}
