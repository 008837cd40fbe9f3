"use strict";

// Figures over a result's rows: accuracy against cost, where the power goes, how well circuits were solved.

const COSTS = ["power_w", "energy_j", "energy_all_j", "latency_s", "area_all_m2", "tiles", "wall_s"];

/** Columns of what names the rows. */
function nameColumns(rows) {
    if (axes.length === 0) return [{ title: "point", values: rows.map(nameOfRow) }];
    return axes.map((axis) => ({
        title: axis.name,
        unit: axis.unit,
        values: rows.map((row) => axis.values[row]),
        text: (value) => (axis.isText ? value : quantity(value, axis.unit)),
    }));
}

function metricColumn(metric, rows) {
    return { title: metric.name, unit: metric.unit, values: rows.map((row) => metric.values[row]), text: (value) => metricText(metric, value) };
}

function rowText(row, metricsOfRow) {
    const lines = [nameOfRow(row)];
    for (const metric of metricsOfRow) {
        const interval = metric.name === "accuracy" ? intervalOf(row) : null;
        const within = interval ? ` (95 %: ${percent(interval[0])} to ${percent(interval[1])})` : "";
        lines.push(`${metric.label}: ${metricText(metric, metric.values[row])}${within}`);
    }
    if (!isConverged(row)) lines.push("did not converge");
    return lines;
}

function paretoFigure(parent) {
    const accuracy = metricNamed("accuracy");
    const costs = COSTS.map(metricNamed).filter((m) => m && m.values.some((v) => v > 0));
    const colourings = axes.filter((axis) => axis.levels.length <= 6);
    if (!accuracy || costs.length === 0) return;
    let cost = costs[0], colouring = axes.length > 1 ? colourings[0] : undefined;

    const describe = (figure) => {
        const { series, soft, paper } = figure.colours;
        const front = paretoFront(cost, accuracy), isFront = new Set(front);
        const rows = rowNumbers.filter((row) => cost.values[row] !== null && accuracy.values[row] !== null);
        const scale = metricScale(cost, cost.values);
        const x = (row) => cost.values[row] * scale.factor, y = (row) => 100 * accuracy.values[row];
        const positive = rows.map((row) => cost.values[row]).filter((v) => v > 0);
        const log = positive.length === rows.length && Math.max(...positive) / Math.min(...positive) > 50;
        const item = (row, colour) => ({
            value: [x(row), y(row)],
            text: rowText(row, [accuracy, cost]),
            name: nameOfRow(row),
            itemStyle: { color: isFront.has(row) ? colour : paper, borderColor: colour, borderWidth: 1.8 },
            symbolSize: isFront.has(row) ? 11 : 8,
            label: { show: isFront.has(row) && front.length <= 12 && result.rows > 1 && !figure.isNarrow },
        });
        const groups = colouring ? colouring.levels.map((_, k) => rows.filter((row) => colouring.level[row] === k)) : [rows];
        const points = groups.map((group, k) => ({
            type: "scatter",
            name: colouring ? levelText(colouring, k) : "points",
            color: series[k % series.length],
            data: group.map((row) => item(row, series[k % series.length])),
            label: { position: "bottom", distance: 9, formatter: (p) => p.data.name, color: soft, fontSize: 11 },
            labelLayout: { hideOverlap: true },
            z: 4,
        }));
        const frontLine = { type: "line", name: "front", data: front.map((row) => [x(row), y(row)]), symbol: "none", silent: true, lineStyle: { color: soft, width: 1.3, type: [5, 4] }, z: 2 };
        const whiskers = rows.length <= 40 && intervalOf(rows[0])
            ? [whiskerSeries(rows.map((row) => [x(row), ...intervalOf(row).map((v) => 100 * v)]), soft, "interval")]
            : [];
        const best = bestRow();
        return {
            option: {
                grid: figure.grid({ top: colouring ? 44 : 20 }),
                legend: colouring ? figure.legend({ data: colouring.levels.map((_, k) => levelText(colouring, k)) }) : undefined,
                xAxis: figure.axis({ type: log ? "log" : "value", name: scale.title, scale: true, boundaryGap: ["6%", "8%"] }),
                yAxis: figure.axis({ type: "value", name: "Accuracy (%)", nameGap: 40, scale: true, boundaryGap: ["6%", "4%"], max: (v) => Math.min(100, v.max + 0.06 * (v.max - v.min || 1)) }),
                series: [frontLine, ...whiskers, ...points],
            },
            label: `${counted(rows.length, "point")}, ${front.length} on the front. Best: ${percent(accuracy.values[best])} at ${metricText(cost, cost.values[best], 3)} (${nameOfRow(best)}).`,
            caption: `Filled points and the dashed line are the front: no other point is more accurate at less ${cost.label.toLowerCase()}.${whiskers.length ? " Bars are 95 % intervals over the images." : ""}`,
            columns: [...nameColumns(rows), metricColumn(cost, rows), metricColumn(accuracy, rows), { title: "on the front", values: rows.map((row) => (isFront.has(row) ? "yes" : "no")) }],
        };
    };
    const figure = new Figure(parent, { id: "pareto", title: "Accuracy against cost", height: 400, describe });
    if (costs.length > 1) choice(figure.controls, "Cost", costs.map((m) => [m.name, m.label]), cost.name, (name) => { cost = metricNamed(name); figure.draw(); });
    if (colourings.length > 0 && result.rows > 1) {
        const options = [["", "nothing"], ...colourings.map((axis) => [axis.name, axis.name])];
        choice(figure.controls, "Colour by", options, colouring?.name ?? "", (name) => { colouring = axes.find((axis) => axis.name === name); figure.draw(); });
    }
    figure.draw();
}

/** What energy, or power, is made of: the parts that the file has. */
function costParts() {
    const energies = metrics.filter((m) => /^energy_.+_j$/.test(m.name) && !["energy_all_j", "energy_charging_j"].includes(m.name));
    const powers = metrics.filter((m) => /^power_.+_w$/.test(m.name));
    const parts = energies.length > 1 ? energies : powers;
    return parts.filter((m) => m.values.some((v) => v !== null && v !== 0));
}

function partsFigure(parent) {
    const MOST = 24;
    const parts = costParts();
    if (parts.length === 0) return;
    const isEnergy = parts[0].unit === "J";
    const total = (row) => parts.reduce((sum, m) => sum + (m.values[row] ?? 0), 0);
    const told = rowNumbers.filter((row) => parts.some((m) => m.values[row] !== null));

    const describe = (figure) => {
        const { series, paper } = figure.colours;
        const front = new Set(metricNamed("power_w") ? paretoFront(metricNamed("power_w"), metricNamed("accuracy")) : []);
        let shown = told.length <= MOST ? told : told.filter((row) => front.has(row));
        if (shown.length > MOST) shown = shown.slice(-MOST);
        const { factor, unit } = scaleFor(Math.max(...shown.map(total)), parts[0].unit);
        const partName = (m) => labelOf(m.name).replace(/^(Power of|Energy) /, "");
        const left = figure.isNarrow ? 104 : 170;
        const height = 96 + 30 * shown.length;
        const greatest = shown.reduce((a, b) => (total(b) > total(a) ? b : a));
        const share = parts.map((m) => `${partName(m)} ${percent((m.values[greatest] ?? 0) / total(greatest), 0)}`);
        return {
            height,
            option: {
                grid: figure.grid({ left, top: 40, bottom: 50, right: 24 }),
                legend: figure.legend({ data: parts.map(partName) }),
                xAxis: figure.axis({ type: "value", name: `${isEnergy ? "Energy per inference" : "Power"} (${unit})`, nameGap: 30 }),
                yAxis: figure.axis({ type: "category", inverse: true, data: shown.map(nameOfRow), axisTick: { show: false }, splitLine: { show: false },
                    axisLabel: { color: figure.colours.ink, fontSize: 11.5, width: left - 14, overflow: "truncate" } }),
                series: parts.map((m, k) => ({
                    type: "bar",
                    stack: "all",
                    name: partName(m),
                    barMaxWidth: 18,
                    itemStyle: { color: series[k % series.length], borderColor: paper, borderWidth: 1 },
                    data: shown.map((row) => ({
                        value: (m.values[row] ?? 0) * factor,
                        text: [nameOfRow(row), `${partName(m)}: ${metricText(m, m.values[row])}, ${percent((m.values[row] ?? 0) / total(row), 1)} of ${quantity(total(row), m.unit)}`],
                    })),
                })),
            },
            label: `${counted(shown.length, "bar")}. The largest, ${nameOfRow(greatest)}, is ${quantity(total(greatest), parts[0].unit)}: ${listed(share)}.`,
            caption: shown.length < told.length ? `Points of the front of accuracy against power; the table has all ${told.length}.` : "",
            columns: [...nameColumns(told), ...parts.map((m) => metricColumn(m, told))],
        };
    };
    new Figure(parent, { id: "parts", title: isEnergy ? "Energy by component" : "Power by component", describe }).draw();
}

/** The largest violation of Kirchhoff's current law, row by row. */
function residualFigure(parent) {
    const residual = metricNamed("residual_max");
    if (!residual) return;
    const describe = (figure) => {
        const { series, bad } = figure.colours;
        const rows = rowNumbers.filter((row) => residual.values[row] !== null);
        const floor = 1e-18; // a residual of 0 has no logarithm
        const open = rows.filter((row) => !isConverged(row));
        const worst = rows.reduce((a, b) => (residual.values[b] > residual.values[a] ? b : a), rows[0]);
        return {
            option: {
                grid: figure.grid({ left: 70 }),
                xAxis: figure.axis({ type: "value", name: "Point of the result", min: 0, max: Math.max(1, result.rows - 1), minInterval: 1, splitLine: { show: false } }),
                yAxis: figure.axis({ type: "log", name: "Largest KCL residual", nameGap: 50, axisLabel: { color: figure.colours.soft, formatter: (v) => `1e${Math.round(Math.log10(v))}` } }),
                series: [{
                    type: "scatter",
                    symbolSize: rows.length > 200 ? 5 : 9,
                    data: rows.map((row) => ({
                        value: [row, Math.max(residual.values[row], floor)],
                        symbol: isConverged(row) ? "circle" : "diamond",
                        itemStyle: { color: isConverged(row) ? series[0] : bad },
                        text: [nameOfRow(row), `residual ${digits(residual.values[row], 4)}`, isConverged(row) ? "converged" : "did not converge"],
                    })),
                }],
            },
            label: `${rows.length - open.length} of ${counted(rows.length, "point")} converged; the largest residual is ${digits(residual.values[worst], 4)} (${nameOfRow(worst)}).`,
            caption: "The largest violation of Kirchhoff's current law at any node, relative to the largest line current.",
            columns: [...nameColumns(rows), metricColumn(residual, rows), { title: "converged", values: rows.map((row) => (isConverged(row) ? "yes" : "no")) }],
        };
    };
    new Figure(parent, { id: "residual", title: "Residual of every point", height: 300, describe }).draw();
}
