"use strict";

// Figures over a result's rows: accuracy against cost, where the power goes, how well circuits were solved.

const COSTS = ["power_w", "energy_j", "energy_all_j", "latency_s", "area_all_m2", "tiles", "wall_s"];

/** Columns of what names the rows. */
function nameColumns(rows) {
    if (axes.length === 0) return [{ title: "point", values: rows.map(nameOfRow) }];
    return namingColumns().map((column) => ({
        title: column.title,
        unit: column.unit,
        values: rows.map(column.valueOf),
        text: (value) => (column.isNumber ? quantity(value, column.unit) : value),
    }));
}

function metricColumn(metric, rows) {
    return { title: metric.name, unit: metric.unit, values: rows.map((row) => metric.values[row]), text: (value) => metricText(metric, value) };
}

function paretoFigure(parent) {
    const accuracy = metricNamed("accuracy");
    const costs = COSTS.map(metricNamed).filter((m) => m && m.values.some((v) => v > 0));
    const colourings = axes.filter((axis) => axis.levels.length <= 8 && !isRepetition(axis));
    if (!accuracy || costs.length === 0) return;
    let cost = costs.find((m) => new Set(m.values).size > 1) ?? costs[0], colouring = axes.length > 1 ? colourings[0] : undefined;

    const pointsOfCost = () => groupsOfRows(rowNumbers).map((group) => ({ ...group, costs: summaryOf(cost, group.rows), accuracy: summaryOf(accuracy, group.rows) }))
        .filter((group) => group.costs && group.accuracy)
        .map((group) => ({ ...group, cost: group.costs.value, gain: group.accuracy.value }));

    const describe = (figure) => {
        const { series, soft, paper } = figure.colours;
        const points = pointsOfCost(), front = paretoFront(points), isFront = new Set(front);
        const scale = metricScale(cost, cost.values);
        const x = (point) => point.cost * scale.factor, y = (point) => 100 * point.gain;
        const least = Math.min(...points.map((p) => p.cost)), most = Math.max(...points.map((p) => p.cost));
        const log = least > 0 && most / least > 50;
        const levels = colouring ? colouring.levels.map((_, k) => k) : [0];
        const colours = colouring && !colouring.isText ? figure.shades(levels.length) : series;
        const isLabelled = front.length <= 8 && points.length <= 40 && !figure.isNarrow;
        const made = levels.map((k) => ({
            type: "scatter",
            itemStyle: { opacity: 1 },
            name: colouring ? namedLevel(colouring, k) : "points",
            color: colours[k],
            data: points.filter((p) => !colouring || colouring.level[p.rows[0]] === k).map((p) => ({
                value: [x(p), y(p)],
                name: p.name,
                text: [p.name, ...summaryText(accuracy, p.accuracy), `${cost.label}: ${metricText(cost, p.cost)}`, ...(p.rows.every(isConverged) ? [] : ["did not converge"])],
                itemStyle: { color: isFront.has(p) ? colours[k] : paper, borderColor: colours[k], borderWidth: 1.8, opacity: 1 },
                symbolSize: isFront.has(p) ? 11 : 8,
                // Names stand beside the whisker, away from the front, and within the chart.
                label: { show: isFront.has(p) && isLabelled, ...(p.cost > 0.85 * most ? { align: "right", padding: [0, 8, 0, 0] } : { align: "left", padding: [0, 0, 0, 8] }) },
            })),
            label: { position: "bottom", distance: 10, formatter: (p) => p.data.name, color: soft, fontSize: 11 },
            labelLayout: { hideOverlap: true },
            z: 4,
        }));
        const frontLine = { type: "line", name: "front", data: front.map((p) => [x(p), y(p)]), symbol: "none", silent: true, lineStyle: { color: soft, width: 1.3, type: [5, 4] }, z: 2 };
        const whiskers = points.length <= 60 && points.some((p) => p.accuracy.hasBand)
            ? [whiskerSeries(points.map((p) => [x(p), 100 * p.accuracy.low, 100 * p.accuracy.high]), soft, "interval")]
            : [];
        const best = points.reduce((a, b) => (b.gain > a.gain ? b : a));
        const together = Math.max(...points.map((p) => p.rows.length));
        const barsText = together > 1 ? ` Points are medians of up to ${together} repetitions${whiskers.length ? ", bars their middle 95 %" : ""}.` : whiskers.length ? " Bars are 95 % intervals over the images." : "";
        return {
            renderer: rendererFor(points.length),
            option: {
                grid: figure.grid({ top: colouring ? 44 : 20 }),
                legend: colouring ? figure.legend({ data: made.map((s) => s.name) }) : undefined,
                xAxis: figure.axis({ type: log ? "log" : "value", name: scale.title, min: log || least > 0.4 * most ? undefined : 0, scale: true }),
                yAxis: figure.axis({ type: "value", name: "Accuracy (%)", nameGap: 40, scale: true, ...percentAxis(100 * Math.min(...points.map((p) => p.accuracy.low)), 100 * Math.max(...points.map((p) => p.accuracy.high))) }),
                series: [frontLine, ...whiskers, ...made],
            },
            label: `${counted(points.length, "point")}, ${front.length} on the front. Best: ${percent(best.gain)} at ${metricText(cost, best.cost, 3)} (${best.name}).`,
            caption: `Filled points and the dashed line are the front: no other point is more accurate at less ${cost.label.toLowerCase()}.${barsText}`,
            columns: [
                { title: "point", values: points.map((p) => p.name) },
                { title: cost.name, unit: cost.unit, values: points.map((p) => p.cost), text: (v) => metricText(cost, v) },
                { title: accuracy.name, values: points.map((p) => p.gain), text: (v) => percent(v) },
                { title: "low", values: points.map((p) => p.accuracy.low), text: (v) => percent(v) },
                { title: "high", values: points.map((p) => p.accuracy.high), text: (v) => percent(v) },
                { title: "rows", values: points.map((p) => p.rows.length) },
                { title: "on the front", values: points.map((p) => (isFront.has(p) ? "yes" : "no")) },
            ],
        };
    };
    const figure = new Figure(parent, { id: "pareto", title: "Accuracy against cost", height: 420, describe, isAlone: true });
    if (costs.length > 1) choice(figure.controls, "Cost", costs.map((m) => [m.name, m.label]), cost.name, (name) => { cost = metricNamed(name); figure.draw(); });
    if (colourings.length > 0 && axes.length > 1) {
        const options = [["", "nothing"], ...colourings.map((axis) => [axis.name, axis.name])];
        choice(figure.controls, "Colour by", options, colouring?.name ?? "", (name) => { colouring = axes.find((axis) => axis.name === name); figure.draw(); });
    }
    figure.draw();
}

/** What energy, or power, is made of: the parts that the file has, the largest first. */
function costParts() {
    const energies = metrics.filter((m) => /^energy_.+_j$/.test(m.name) && !["energy_all_j", "energy_charging_j"].includes(m.name));
    const powers = metrics.filter((m) => /^power_.+_w$/.test(m.name));
    const parts = energies.length > 1 ? energies : powers;
    const whole = (m) => m.values.reduce((sum, v) => sum + (v ?? 0), 0);
    return parts.filter((m) => whole(m) > 0).sort((a, b) => whole(b) - whole(a));
}

function partsFigure(parent) {
    const MOST = 24;
    const parts = costParts();
    const isEnergy = parts[0].unit === "J";
    const groups = groupsOfRows(rowNumbers.filter((row) => parts.some((m) => m.values[row] !== null)))
        .map((group) => ({ ...group, values: parts.map((m) => summaryOf(m, group.rows)?.value ?? 0) }))
        .map((group) => ({ ...group, total: group.values.reduce((a, b) => a + b, 0) }));
    let place = 0; // first of the bars that are shown

    const describe = (figure) => {
        const { series, paper } = figure.colours;
        const shown = groups.slice(place, place + MOST);
        const { factor, unit } = scaleFor(Math.max(...groups.map((group) => group.total)), parts[0].unit);
        const partName = (m) => labelOf(m.name).replace(/^(Power of|Energy) /, "").replace(/^(adc|dac)$/, (name) => `${name.toUpperCase()}s`);
        const left = figure.isNarrow ? 116 : 210, isLong = shown.some((group) => group.name.length > (figure.isNarrow ? 16 : 30));
        const greatest = shown.reduce((a, b) => (b.total > a.total ? b : a));
        const share = parts.map((m, k) => `${partName(m)} ${percent(greatest.values[k] / greatest.total, 0)}`);
        return {
            height: 96 + (isLong ? 40 : 30) * shown.length,
            option: {
                grid: figure.grid({ left, top: 40, bottom: 50, right: 24 }),
                legend: figure.legend({ data: parts.map(partName) }),
                xAxis: figure.axis({ type: "value", name: `${isEnergy ? "Energy per inference" : "Power"} (${unit})`, nameGap: 30 }),
                yAxis: figure.axis({ type: "category", inverse: true, data: shown.map((group) => group.name), axisTick: { show: false }, splitLine: { show: false },
                    axisLabel: { color: figure.colours.ink, fontSize: 11.5, lineHeight: 14, width: left - 16, overflow: "break", interval: 0 } }),
                series: parts.map((m, k) => ({
                    type: "bar",
                    stack: "all",
                    name: partName(m),
                    barMaxWidth: 18,
                    itemStyle: { color: series[k % series.length], borderColor: paper, borderWidth: 1 },
                    data: shown.map((group) => ({
                        value: group.values[k] * factor,
                        text: [group.name, `${partName(m)}: ${metricText(m, group.values[k])}`, `${percent(group.values[k] / group.total, 1)} of ${quantity(group.total, m.unit, 4)}`],
                    })),
                })),
            },
            label: `${counted(shown.length, "bar")}. The largest, ${greatest.name}, is ${quantity(greatest.total, parts[0].unit)}: ${listed(share)}.`,
            caption: groups.some((group) => group.rows.length > 1) ? "Medians of repetitions." : "",
            columns: [
                { title: "point", values: groups.map((group) => group.name) },
                ...parts.map((m, k) => ({ title: m.name, unit: m.unit, values: groups.map((group) => group.values[k]), text: (v) => metricText(m, v) })),
            ],
        };
    };
    const figure = new Figure(parent, { id: "parts", title: isEnergy ? "Energy by component" : "Power by component", describe, isAlone: true });
    if (groups.length > MOST) {
        const starts = Array.from({ length: Math.ceil(groups.length / MOST) }, (_, k) => k * MOST);
        choice(figure.controls, "Points", starts.map((k) => [k, `${k + 1} to ${Math.min(k + MOST, groups.length)}`]), 0, (value) => { place = Number(value); figure.draw(); });
    }
    figure.draw();
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
            renderer: rendererFor(rows.length),
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
    new Figure(parent, { id: "residual", title: "Residual of every point", height: 300, describe, isAlone: true }).draw();
}
