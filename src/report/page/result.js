"use strict";

// The result as charts ask for it: metrics (a number per row), axes (what rows differ in) and the front of what is best.

const result = JSON.parse(document.getElementById("data").textContent);
const rowNumbers = Array.from({ length: result.rows }, (_, row) => row);

const METRIC_LABELS = {
    accuracy: "Accuracy",
    accuracy_ideal_wires: "Accuracy with ideal wires",
    accuracy_ideal_devices: "Accuracy with ideal devices",
    accuracy_software: "Accuracy in software",
    accuracy_settled: "Accuracy when settled",
    product_error: "Error of products",
    power_w: "Power",
    power_cells_w: "Power of cells",
    power_wires_w: "Power of wires",
    power_amplifiers_w: "Power of amplifiers",
    power_capacitors_w: "Power of capacitors",
    energy_j: "Energy per inference",
    energy_all_j: "Energy per inference, all components",
    area_all_m2: "Area",
    latency_s: "Latency",
    tiles: "Tiles",
    residual_max: "Largest KCL residual",
    wall_s: "Computing time",
    g_error_mean_s: "Conductance error, mean",
    g_error_spread_s: "Conductance error, spread",
    g_error_worst_s: "Conductance error, worst",
};
const UNSHOWN = new Set(["accuracy_low", "accuracy_high", "converged"]);
const FIRST_METRICS = ["accuracy", "power_w", "energy_j", "energy_all_j", "latency_s", "area_all_m2", "tiles"];

function figureNamed(name) {
    return result.figures.find((figure) => figure.name === name);
}

function labelOf(name) {
    if (METRIC_LABELS[name]) return METRIC_LABELS[name];
    const words = name.replace(/_(w|j|s|v|k|f|m2)$/, "").replaceAll("_", " ");
    return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Figures of one number per row, the most asked for first; fractions that are accuracies are told in percent. */
function findMetrics() {
    const found = [];
    for (const figure of result.figures) {
        const isOne = figure.values.length > 0 && !Array.isArray(figure.values[0]);
        if (!isOne || UNSHOWN.has(figure.name) || !figure.values.some((v) => v !== null)) continue;
        found.push({
            name: figure.name,
            label: labelOf(figure.name),
            unit: figure.unit,
            values: figure.values,
            isPercent: figure.name.startsWith("accuracy") || figure.name === "product_error",
        });
    }
    const place = (m) => (FIRST_METRICS.includes(m.name) ? FIRST_METRICS.indexOf(m.name) : FIRST_METRICS.length);
    return found.sort((a, b) => place(a) - place(b) || a.label.localeCompare(b.label));
}

const metrics = findMetrics();

function metricNamed(name) {
    return metrics.find((metric) => metric.name === name);
}

/** Metrics that differ from row to row, and so are worth a chart. */
function variedMetrics() {
    const varied = metrics.filter((m) => new Set(m.values).size > 1);
    return varied.length > 0 ? varied : metrics.slice(0, 1);
}

function metricText(metric, value, count = 4) {
    return metric.isPercent ? percent(value) : quantity(value, metric.unit, count);
}

/** How a metric's values are drawn: times `factor`, with this title. */
function metricScale(metric, values) {
    if (metric.isPercent) return { factor: 100, title: `${metric.label} (%)` };
    const size = Math.max(...values.filter((v) => v !== null).map(Math.abs), 0);
    const { factor, unit } = scaleFor(size, metric.unit);
    return { factor, title: unit ? `${metric.label} (${unit})` : metric.label };
}

/** Whether the levels of another axis follow from those of this one. Drawn numbers and repetitions are no reason. */
function determines(axis, level) {
    if (["sample", "draw", "repeat"].includes(axis.kind)) return false;
    const first = new Map();
    return axis.level.every((k, row) => {
        if (!first.has(k)) first.set(k, level[row]);
        return first.get(k) === level[row];
    });
}

/** Axes whose rows have more than one value. `levels` are the values, `level[row]` says which one a row has. */
function findAxes() {
    const axes = [];
    for (const axis of result.axes) {
        const isText = axis.values.some((v) => typeof v === "string");
        let levels = [...new Set(axis.values)];
        if (levels.length < 2) continue;
        if (!isText) levels = levels.sort((a, b) => a - b);
        const place = new Map(levels.map((value, k) => [value, k]));
        const level = axis.values.map((v) => place.get(v));
        const isDerived = axis.kind === "derived" || axes.some((other) => determines(other, level));
        axes.push({ ...axis, isText, levels, level, isDerived });
    }
    return axes;
}

const axes = findAxes();

/** Repetitions say how far results scatter; they are folded into bands unless asked for. */
function isRepetition(axis) {
    return axis.kind === "repeat" || axis.kind === "draw";
}

/** Keys that corners step through: rows of other corners have the study's own value. */
function isStepped(axis) {
    return axis.kind === "corner" && axis.name !== "corner" && !axis.isDerived;
}

/** Whether a row's corner steps through this key, so that its level says something. */
const steppedCorners = new Map();
function isToldAt(axis, row) {
    const corners = axes.find((other) => other.name === "corner");
    if (!isStepped(axis) || !corners) return true;
    if (!steppedCorners.has(axis)) {
        const seen = corners.levels.map(() => new Set());
        axis.level.forEach((k, other) => seen[corners.level[other]].add(k));
        steppedCorners.set(axis, seen.map((levels) => levels.size > 1));
    }
    return steppedCorners.get(axis)[corners.level[row]];
}

/** What a row's corner steps through, in words. */
function stepText(row) {
    return axes.filter((axis) => isStepped(axis) && isToldAt(axis, row)).map((axis) => namedLevel(axis, axis.level[row])).join(", ");
}

/** What tables name rows by: all axes; what corners step through as one column. */
function namingColumns() {
    const isStepOfCorner = (axis) => axes.some(isStepped) && axis.kind === "corner" && axis.name !== "corner";
    const columns = axes.filter((axis) => !isStepOfCorner(axis)).map((axis) => ({
        title: axis.name, unit: axis.unit, isNumber: !axis.isText, valueOf: (row) => axis.values[row], textOf: (row) => levelText(axis, axis.level[row]),
    }));
    if (axes.some(isStepped)) columns.push({ title: "step", unit: "1", isNumber: false, valueOf: stepText, textOf: stepText });
    return columns;
}

/** Axes of drawn numbers: every row has its own, so that they make clouds and no lines. */
function isCloud(axis) {
    return !axis.isText && (axis.kind === "sample" || axis.kind === "draw") && axis.levels.length > 12;
}

function levelText(axis, k) {
    // Where some corners leave a key out its values are texts, numbers among them.
    if (axis.isText) return isStepped(axis) && axis.levels[k] !== "" && Number.isFinite(Number(axis.levels[k])) ? digits(Number(axis.levels[k]), 4) : axis.levels[k];
    const { factor, unit } = scaleFor(Math.abs(axis.levels[k]), axis.unit);
    const number = digits(axis.levels[k] * factor, 4);
    return unit ? `${number}\u202f${unit}` : number;
}

/** A level where its axis is not named beside it: "10 Ω" says what it is, a pure number does not. */
function namedLevel(axis, k) {
    if (isStepped(axis) && axis.unit === "1") return `${axis.name.slice(axis.name.lastIndexOf(".") + 1)} ${levelText(axis, k)}`;
    return axis.isText || axis.unit !== "1" ? levelText(axis, k) : `${axis.name} ${levelText(axis, k)}`;
}

/** Whether numbers are better drawn on a logarithmic axis. */
function isLogarithmic(axis) {
    if (axis.isText || !(axis.levels[0] > 0)) return false;
    return axis.kind === "log" || axis.levels.at(-1) / axis.levels[0] >= 30;
}

function axisTitle(axis) {
    if (axis.isText) return axis.name;
    const { unit } = scaleFor(Math.max(...axis.levels.map(Math.abs)), axis.unit);
    return unit ? `${axis.name} (${unit})` : axis.name;
}

function axisFactor(axis) {
    return scaleFor(Math.max(...axis.levels.map(Math.abs)), axis.unit).factor;
}

function nameOfRow(row) {
    const named = axes.filter((axis) => !axis.isDerived && isToldAt(axis, row)).map((axis) => namedLevel(axis, axis.level[row])).join(", ");
    return named || result.texts.find((t) => t.name === "network")?.values[row] || "the only point";
}

/** Rows that differ in repetitions only, together: {rows, name}. */
function groupsOfRows(rows) {
    const kept = axes.filter((axis) => !isRepetition(axis) && !axis.isDerived);
    if (!axes.some(isRepetition)) return rows.map((row) => ({ rows: [row], name: nameOfRow(row) }));
    const groups = new Map();
    for (const row of rows) {
        const key = kept.map((axis) => axis.level[row]).join();
        if (!groups.has(key)) groups.set(key, { rows: [], name: kept.filter((axis) => isToldAt(axis, row)).map((axis) => namedLevel(axis, axis.level[row])).join(", ") || "all together" });
        groups.get(key).rows.push(row);
    }
    return [...groups.values()];
}

/** What rows together say of a metric: one row its own 95 % interval, several their median and the middle 95 %. */
function summaryOf(metric, rows) {
    const told = rows.filter((row) => metric.values[row] !== null);
    if (told.length === 0) return null;
    if (told.length === 1) {
        const interval = metric.name === "accuracy" ? intervalOf(told[0]) : null;
        const value = metric.values[told[0]];
        return { count: 1, value, low: interval?.[0] ?? value, high: interval?.[1] ?? value, hasBand: interval !== null };
    }
    const values = told.map((row) => metric.values[row]);
    return { count: told.length, value: quantile(values, 0.5), low: quantile(values, 0.025), high: quantile(values, 0.975), hasBand: true };
}

function summaryText(metric, summary) {
    const told = `${metric.label}: ${metricText(metric, summary.value)}`;
    const band = `95 %: ${metricText(metric, summary.low)} to ${metricText(metric, summary.high)}`;
    if (!summary.hasBand) return [told];
    return [told, summary.count > 1 ? `${band}, of ${summary.count} values` : band];
}

function intervalOf(row) {
    const low = figureNamed("accuracy_low"), high = figureNamed("accuracy_high");
    return low && high && low.values[row] !== null ? [low.values[row], high.values[row]] : null;
}

function isConverged(row) {
    const converged = figureNamed("converged");
    return !converged || converged.values[row] === 1;
}

/** Points {cost, gain} that no other beats in both: less of the cost and more gain. By rising cost. */
function paretoFront(points) {
    const candidates = [...points].sort((a, b) => a.cost - b.cost || b.gain - a.gain);
    let best = -Infinity;
    return candidates.filter((point) => {
        const isBetter = point.gain > best;
        if (isBetter) best = point.gain;
        return isBetter;
    });
}

/** The most accurate row, the cheaper of equals. */
function bestRow() {
    const accuracy = metricNamed("accuracy"), power = metricNamed("power_w");
    if (!accuracy) return undefined;
    const told = rowNumbers.filter((row) => accuracy.values[row] !== null);
    const cost = (row) => power?.values[row] ?? 0;
    return told.sort((a, b) => accuracy.values[b] - accuracy.values[a] || cost(a) - cost(b))[0];
}
