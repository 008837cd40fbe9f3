"use strict";

// A metric over the axes of a study: a line with its band, and a heat map over two.

const ALL = "all"; // of an axis whose levels are taken together

/** Selects for axes that a chart does not show: one level, or all of them together. Axes of repetitions, and those that mean something within corners only, begin with all. */
class Rest {
    constructor(figure, changed) {
        this.figure = figure;
        this.changed = changed;
        this.chosen = new Map(axes.map((axis) => [axis, isRepetition(axis) || isCloud(axis) || isStepped(axis) ? ALL : 0]));
        this.place = element("div", { class: "controls rest" });
        figure.controls.after(this.place);
    }

    /** Makes the selects for all axes but these. */
    offer(shown) {
        this.place.replaceChildren();
        this.open = axes.filter((axis) => !shown.includes(axis) && !axis.isDerived);
        for (const axis of this.open) {
            const options = [[ALL, "all together"], ...axis.levels.slice(0, 200).map((_, k) => [k, levelText(axis, k)])];
            choice(this.place, axis.name, options, this.chosen.get(axis), (value) => {
                this.chosen.set(axis, value === ALL ? ALL : Number(value));
                this.changed();
            });
        }
    }

    /** Whether a row has the chosen levels. */
    holds(row) {
        return this.open.every((axis) => this.chosen.get(axis) === ALL || axis.level[row] === this.chosen.get(axis));
    }

    text() {
        const fixed = this.open.filter((axis) => this.chosen.get(axis) !== ALL);
        return fixed.length === 0 ? "" : ` At ${listed(fixed.map((axis) => `${axis.name} ${levelText(axis, this.chosen.get(axis))}`))}.`;
    }
}

function lineFigure(parent) {
    const MOST_CURVES = 8;
    if (axes.length === 0) return;
    const choices = variedMetrics();
    let metric = choices[0], across = axes.find((axis) => !isRepetition(axis)) ?? axes[0];
    let series = axes.find((axis) => axis !== across && !isRepetition(axis) && !isCloud(axis) && !isStepped(axis) && !axis.isDerived && axis.levels.length <= MOST_CURVES);
    let rest, acrossSelect, seriesSelect;

    /** Curves of summaries, one per level of the series axis. */
    const curves = () => {
        const levels = series ? series.levels.map((_, k) => k).slice(0, MOST_CURVES) : [null];
        return levels.map((level) => {
            const rows = rowNumbers.filter((row) => rest.holds(row) && (level === null || series.level[row] === level));
            const points = across.levels.map((_, k) => ({ k, summary: summaryOf(metric, rows.filter((row) => across.level[row] === k)) }));
            return { name: level === null ? metric.label : namedLevel(series, level), points: points.filter((p) => p.summary) };
        }).filter((curve) => curve.points.length > 0);
    };

    const describe = (figure) => {
        const drawn = curves(), all = drawn.flatMap((curve) => curve.points.map((p) => p.summary));
        const scale = metricScale(metric, all.map((s) => s.high)), factor = axisFactor(across);
        const log = isLogarithmic(across), isCategory = across.isText;
        const x = (k) => (isCategory ? k : across.levels[k] * factor);
        const cloud = isCloud(across);
        const logY = !metric.isPercent && all.length > 0 && Math.min(...all.map((s) => s.low)) > 0 && Math.max(...all.map((s) => s.high)) / Math.min(...all.map((s) => s.low)) > 100;
        // Names of levels lie flat where there is room.
        const letters = isCategory ? Math.max(...across.levels.map((level) => level.length)) : 0;
        const isSlanted = letters * 7.5 * across.levels.length > figure.plot.clientWidth - 90;
        const depth = isSlanted ? Math.min(90, 30 + 3.4 * letters) : 30;
        const made = [], colours = series && !series.isText ? figure.shades(drawn.length) : figure.colours.series;
        for (const [c, curve] of drawn.entries()) {
            const colour = colours[c];
            if (!cloud && curve.points.length > 1 && curve.points.some((p) => p.summary.hasBand))
                made.push(bandSeries(curve.points.map((p) => [x(p.k), p.summary.low * scale.factor, p.summary.high * scale.factor]), colour, `${curve.name} band`, drawn.length > 3 ? 0.1 : 0.18));
            else if (curve.points.some((p) => p.summary.hasBand))
                made.push(whiskerSeries(curve.points.map((p) => [x(p.k), p.summary.low * scale.factor, p.summary.high * scale.factor]), colour, `${curve.name} band`));
            made.push({
                type: cloud ? "scatter" : "line",
                name: curve.name,
                symbol: "circle",
                symbolSize: cloud || curve.points.length > 40 ? 5 : 7,
                lineStyle: { width: 2, color: colour },
                itemStyle: { color: colour },
                z: 3,
                data: curve.points.map((p) => ({
                    value: [x(p.k), p.summary.value * scale.factor],
                    text: [`${across.isText ? "" : `${across.name} `}${levelText(across, p.k)}${series ? `, ${curve.name}` : ""}`, ...summaryText(metric, p.summary)],
                })),
            });
        }
        const most = Math.max(1, ...all.map((s) => s.count));
        const flat = drawn.flatMap((curve) => curve.points.map((p) => ({ curve, ...p })));
        const last = drawn[0]?.points.at(-1), first = drawn[0]?.points[0];
        const hidden = series ? series.levels.length - Math.min(series.levels.length, MOST_CURVES) : 0;
        return {
            title: `${metric.label} over ${across.name}`,
            renderer: rendererFor(all.length),
            option: {
                grid: figure.grid({ top: series ? (figure.isNarrow ? 28 + 22 * Math.ceil(drawn.length / 2) : 44) : 20, bottom: isCategory ? depth + 26 : 56 }),
                legend: series ? figure.legend({ data: drawn.map((curve) => curve.name) }) : undefined,
                xAxis: figure.axis(isCategory
                    ? { type: "category", data: across.levels, name: axisTitle(across), nameGap: depth, axisLabel: { color: figure.colours.soft, interval: across.levels.length > 14 ? "auto" : 0, rotate: isSlanted ? 28 : 0, fontSize: 11 } }
                    : { type: log ? "log" : "value", name: axisTitle(across), scale: true }),
                yAxis: figure.axis({ type: logY ? "log" : "value", name: scale.title, nameGap: 44, scale: true, ...(metric.isPercent ? percentAxis(100 * Math.min(...all.map((s) => s.low)), 100 * Math.max(...all.map((s) => s.high))) : {}) }),
                series: made,
            },
            label: first
                ? `${counted(drawn.length, "curve")} over ${across.name}. ${drawn[0].name}: ${metricText(metric, first.summary.value)} at ${levelText(across, first.k)}, ${metricText(metric, last.summary.value)} at ${levelText(across, last.k)}.`
                : "no rows with these choices.",
            caption: (most > 1
                ? `Lines are medians, bands the middle 95 % of up to ${most} values.`
                : metric.name === "accuracy" && all.some((s) => s.hasBand) ? "Bands are 95 % intervals over the images." : "")
                + rest.text() + (hidden > 0 ? ` ${hidden} more levels of ${series.name} are not drawn.` : ""),
            columns: [
                ...(series ? [{ title: series.name, values: flat.map((p) => p.curve.name) }] : []),
                { title: across.name, unit: across.unit, values: flat.map((p) => across.levels[p.k]), text: (value) => (across.isText ? value : quantity(value, across.unit)) },
                { title: metric.name, unit: metric.unit, values: flat.map((p) => p.summary.value), text: (value) => metricText(metric, value) },
                { title: "low", unit: metric.unit, values: flat.map((p) => p.summary.low), text: (value) => metricText(metric, value) },
                { title: "high", unit: metric.unit, values: flat.map((p) => p.summary.high), text: (value) => metricText(metric, value) },
                { title: "values", values: flat.map((p) => p.summary.count) },
            ],
        };
    };
    const figure = new Figure(parent, { id: "lines", title: "A figure over an axis", height: 400, describe });
    rest = new Rest(figure, () => figure.draw());
    const offer = () => {
        rest.offer([across, series]);
        acrossSelect.value = across.name;
        if (seriesSelect) seriesSelect.value = series?.name ?? "";
    };
    choice(figure.controls, "Figure", choices.map((m) => [m.name, m.label]), metric.name, (name) => { metric = metricNamed(name); figure.draw(); });
    acrossSelect = choice(figure.controls, "Over", axes.map((axis) => [axis.name, axis.name]), across.name, (name) => {
        const before = across;
        across = axes.find((axis) => axis.name === name);
        if (series === across) series = isCloud(before) ? undefined : before;
        offer();
        figure.draw();
    });
    if (axes.length > 1) {
        seriesSelect = choice(figure.controls, "Curves by", [["", "nothing"], ...axes.filter((axis) => !isCloud(axis)).map((axis) => [axis.name, axis.name])], series?.name ?? "", (name) => {
            series = axes.find((axis) => axis.name === name);
            if (series === across) across = axes.find((axis) => axis !== series);
            offer();
            figure.draw();
        });
    }
    offer();
    figure.draw();
}

function heatFigure(parent) {
    const candidates = axes.filter((axis) => !isRepetition(axis) && !isCloud(axis) && !isStepped(axis) && !axis.isDerived && axis.levels.length <= 60);
    if (candidates.length < 2) return;
    const choices = variedMetrics();
    let metric = choices[0], across = candidates[0], down = candidates[1];
    let rest, acrossSelect, downSelect;

    const describe = (figure) => {
        const cells = [];
        for (const [j] of down.levels.entries()) {
            for (const [i] of across.levels.entries()) {
                const rows = rowNumbers.filter((row) => rest.holds(row) && across.level[row] === i && down.level[row] === j);
                const summary = summaryOf(metric, rows);
                if (summary) cells.push({ i, j, summary });
            }
        }
        const scale = metricScale(metric, cells.map((c) => c.summary.value));
        const values = cells.map((c) => c.summary.value * scale.factor);
        const low = Math.min(...values), high = Math.max(...values);
        const colours = figure.colours.cool;
        const isLabelled = cells.length <= (figure.isNarrow ? 30 : 120);
        const least = cells.reduce((a, b) => (b.summary.value < a.summary.value ? b : a), cells[0]);
        const most = cells.reduce((a, b) => (b.summary.value > a.summary.value ? b : a), cells[0]);
        const place = (c) => `${across.name} ${levelText(across, c.i)}, ${down.name} ${levelText(down, c.j)}`;
        const left = figure.isNarrow ? 78 : 120;
        return {
            title: `${metric.label} over ${across.name} and ${down.name}`,
            height: Math.max(300, Math.min(640, 130 + 34 * down.levels.length)),
            option: {
                grid: figure.grid({ left, right: figure.isNarrow ? 12 : 96, bottom: figure.isNarrow ? 128 : 74, top: 12 }),
                visualMap: {
                    min: low, max: high > low ? high : low + 1, calculable: true, precision: 3,
                    orient: figure.isNarrow ? "horizontal" : "vertical", ...(figure.isNarrow ? { left: "center", bottom: 0, itemHeight: 150, itemWidth: 12 } : { right: 0, top: 12, itemHeight: 150, itemWidth: 12 }),
                    inRange: { color: colours }, textStyle: { color: figure.colours.soft, fontSize: 11 }, formatter: (v) => digits(v, 4),
                },
                xAxis: figure.axis({ type: "category", name: across.name, nameGap: figure.isNarrow ? 50 : 52, data: across.levels.map((_, k) => levelText(across, k)), splitLine: { show: false }, axisLabel: { color: figure.colours.soft, rotate: across.isText ? 22 : 0, fontSize: 11, hideOverlap: true } }),
                yAxis: figure.axis({ type: "category", name: down.name, nameGap: left - 18, data: down.levels.map((_, k) => levelText(down, k)), splitLine: { show: false }, axisLabel: { color: figure.colours.soft, fontSize: 11, width: left - 34, overflow: "truncate" } }),
                series: [{
                    type: "heatmap",
                    itemStyle: { borderColor: figure.colours.paper, borderWidth: 2, borderRadius: 2 },
                    emphasis: { itemStyle: { borderColor: figure.colours.ink, borderWidth: 2 } },
                    data: cells.map((c) => {
                        const value = c.summary.value * scale.factor, isHigh = (value - low) / (high - low || 1) > 0.55;
                        return {
                            value: [c.i, c.j, value],
                            text: [place(c), ...summaryText(metric, c.summary)],
                            label: { show: isLabelled, color: cssColour(isHigh ? "on-high" : "on-low"), fontSize: 11, formatter: () => (metric.isPercent ? value.toFixed(1) : digits(value, 3)) },
                        };
                    }),
                }],
            },
            label: cells.length > 0
                ? `${metric.label} over ${across.name} and ${down.name}, from ${metricText(metric, least.summary.value)} (${place(least)}) to ${metricText(metric, most.summary.value)} (${place(most)}).`
                : "no rows with these choices.",
            caption: `Cells show ${scale.title}.${rest.text()}${cells.some((c) => c.summary.count > 1) ? " Cells of several rows show their median." : ""}`,
            columns: [
                { title: across.name, unit: across.unit, values: cells.map((c) => across.levels[c.i]), text: (v) => (across.isText ? v : quantity(v, across.unit)) },
                { title: down.name, unit: down.unit, values: cells.map((c) => down.levels[c.j]), text: (v) => (down.isText ? v : quantity(v, down.unit)) },
                { title: metric.name, unit: metric.unit, values: cells.map((c) => c.summary.value), text: (v) => metricText(metric, v) },
                { title: "rows", values: cells.map((c) => c.summary.count) },
            ],
        };
    };
    const figure = new Figure(parent, { id: "heat", title: "A figure over two axes", describe });
    rest = new Rest(figure, () => figure.draw());
    const offer = () => {
        rest.offer([across, down]);
        acrossSelect.value = across.name;
        downSelect.value = down.name;
        figure.draw();
    };
    choice(figure.controls, "Figure", choices.map((m) => [m.name, m.label]), metric.name, (name) => { metric = metricNamed(name); figure.draw(); });
    const options = candidates.map((axis) => [axis.name, axis.name]);
    acrossSelect = choice(figure.controls, "Across", options, across.name, (name) => {
        const before = across;
        across = candidates.find((axis) => axis.name === name);
        if (down === across) down = before;
        offer();
    });
    downSelect = choice(figure.controls, "Down", options, down.name, (name) => {
        const before = down;
        down = candidates.find((axis) => axis.name === name);
        if (across === down) across = before;
        offer();
    });
    offer();
}
