"use strict";

// The inside of a tile: node voltages, cell currents, and what its outputs miss.

const MANY_CELLS = 2000; // goes without a text for every cell beyond it

function mapName(map) {
    return `layer ${map.layer}, tile ${map.tile}, image ${map.image}${result.rows > 1 ? `: ${nameOfRow(map.row)}` : ""}`;
}

/** A figure of one matrix, row 0 at the top. */
function matrixFigure(parent, { id, title, unit, ramp, valuesOf, columnName, lineName }) {
    return new Figure(parent, {
        id,
        title,
        describe: (figure) => {
            const values = valuesOf();
            const rows = values.length, cols = values[0]?.length ?? 0, all = values.flat().filter((v) => v !== null);
            const least = all.reduce((a, b) => Math.min(a, b), Infinity), most = all.reduce((a, b) => Math.max(a, b), -Infinity);
            // Values of both signs are told apart by colour, with 0 in the middle.
            const isSigned = least < 0 && most > 0, span = Math.max(-least, most);
            const [low, high] = isSigned ? [-span, span] : [least, most];
            const colours = isSigned ? [...figure.colours.cool.slice(0, 5).reverse(), ...figure.colours.warm.slice(0, 5)] : ramp(figure.colours);
            const every = (count, size, room) => { const step = figure.labelStep(count, size, room); return (k) => k % step === 0; };
            const { factor, unit: shown } = scaleFor(Math.max(Math.abs(least), Math.abs(most)), unit);
            const many = rows * cols > MANY_CELLS;
            const data = [];
            for (let r = 0; r < rows; ++r) {
                for (let c = 0; c < cols; ++c) {
                    const value = [c, r, values[r][c] * factor];
                    // Large maps go without a text for every cell; the tip is made when it is asked for.
                    data.push(many ? value : { value, text: [`row ${r}, ${columnName(c)}`, quantity(values[r][c], unit, 4)] });
                }
            }
            const flatRow = [], flatCol = [], flat = [];
            values.forEach((line, r) => line.forEach((v, c) => { flatRow.push(r); flatCol.push(c); flat.push(v); }));
            return {
                height: figure.isNarrow ? 380 : 420,
                renderer: rendererFor(rows * cols),
                option: {
                    grid: figure.grid({ left: 52, right: 12, top: 12, bottom: 104 }),
                    tooltip: { ...figure.base().tooltip, formatter: (p) => figure.tip([`row ${p.value[1]}, ${columnName(p.value[0])}`, quantity(p.value[2] / factor, unit, 4)]) },
                    visualMap: {
                        min: low * factor, max: high > low ? high * factor : low * factor + 1, calculable: true, orient: "horizontal", left: "center", bottom: 0, itemWidth: 12, itemHeight: 170,
                        inRange: { color: colours }, textStyle: { color: figure.colours.soft, fontSize: 11 }, formatter: (v) => `${digits(v, 3)} ${shown}`,
                    },
                    xAxis: figure.axis({ type: "category", data: Array.from({ length: cols }, (_, k) => k), name: lineName, nameGap: 26, splitLine: { show: false }, axisTick: { show: false }, axisLabel: { color: figure.colours.soft, fontSize: 11.5, interval: every(cols, figure.plot.clientWidth - 64, 34) } }),
                    yAxis: figure.axis({ type: "category", data: Array.from({ length: rows }, (_, k) => k), name: "Row", nameGap: 34, inverse: true, splitLine: { show: false }, axisTick: { show: false }, axisLabel: { color: figure.colours.soft, fontSize: 11.5, interval: every(rows, 260, 26) } }),
                    series: [{ type: "heatmap", data, progressive: 0, itemStyle: many ? {} : { borderColor: figure.colours.paper, borderWidth: 0.5 } }],
                },
                label: `${rows} by ${cols} values from ${quantity(least, unit)} to ${quantity(most, unit)}.`,
                caption: `${rows} × ${cols}, ${quantity(least, unit)} to ${quantity(most, unit)}.`,
                columns: [{ title: "row", values: flatRow }, { title: "column", values: flatCol }, { title: id, unit, values: flat, text: (v) => quantity(v, unit, 5) }],
            };
        },
    });
}

function errorFigures(parent, mapOf) {
    const histogram = new Figure(parent, {
        id: "error-histogram",
        title: "Errors of the tile's outputs",
        describe: (figure) => {
            const { edges, counts } = mapOf().error;
            const { factor, unit } = scaleFor(Math.max(Math.abs(edges[0]), Math.abs(edges.at(-1))), "V");
            const all = counts.reduce((a, b) => a + b, 0), most = counts.indexOf(Math.max(...counts));
            const colour = figure.colours.series[0];
            const range = (k) => `${quantity(edges[k], "V")} to ${quantity(edges[k + 1], "V")}`;
            return {
                option: {
                    grid: figure.grid(),
                    xAxis: figure.axis({ type: "value", name: `Output less ideal output (${unit})`, min: edges[0] * factor, max: edges.at(-1) * factor || 1, axisLabel: { color: figure.colours.soft, hideOverlap: true, showMinLabel: false, showMaxLabel: false, formatter: (v) => digits(v, 3) } }),
                    yAxis: figure.axis({ type: "value", name: "Outputs of images", nameGap: 46 }),
                    series: [{
                        type: "custom",
                        encode: { x: [0, 1], y: 2 },
                        data: counts.map((count, k) => ({ value: [edges[k] * factor, edges[k + 1] * factor, count], text: [range(k), `${counted(count, "output")}, ${percent(count / all, 1)}`] })),
                        renderItem: (_, api) => {
                            const [x1, y1] = api.coord([api.value(0), api.value(2)]), [x2, y2] = api.coord([api.value(1), 0]);
                            return { type: "rect", shape: { x: x1 + 0.5, y: y1, width: Math.max(1, x2 - x1 - 1), height: y2 - y1 }, style: { fill: colour } };
                        },
                    }],
                },
                label: `${counted(all, "output")} over ${counted(mapOf().images, "image")}, errors from ${quantity(edges[0], "V")} to ${quantity(edges.at(-1), "V")}; most lie in ${range(most)}.`,
                caption: "Against the same tile with ideal wires, drivers and devices, at the same row voltages, over all images.",
                columns: [{ title: "from", unit: "V", values: edges.slice(0, -1) }, { title: "to", unit: "V", values: edges.slice(1) }, { title: "outputs", values: counts }],
            };
        },
    });
    const columns = new Figure(parent, {
        id: "column-errors",
        title: "Error by output column",
        describe: (figure) => {
            const { mean, rms, low, high } = mapOf().error;
            const { factor, unit } = scaleFor(Math.max(...low.map(Math.abs), ...high.map(Math.abs)), "V");
            const worst = rms.indexOf(Math.max(...rms));
            return {
                option: {
                    grid: figure.grid(),
                    xAxis: figure.axis({ type: "category", data: mean.map((_, k) => String(k)), name: "Output of the tile", axisTick: { show: false }, splitLine: { show: false } }),
                    yAxis: figure.axis({ type: "value", name: `Error (${unit})`, nameGap: 46, scale: true }),
                    series: [
                        whiskerSeries(mean.map((_, k) => [k, low[k] * factor, high[k] * factor]), figure.colours.soft, "middle 95 %"),
                        { type: "scatter", symbolSize: 8, itemStyle: { color: figure.colours.series[0] }, z: 4, data: mean.map((value, k) => ({ value: [k, value * factor], text: [`output ${k}`, `mean ${quantity(value, "V", 4)}, rms ${quantity(rms[k], "V", 4)}`, `95 %: ${quantity(low[k], "V")} to ${quantity(high[k], "V")}`] })) },
                    ],
                },
                label: `${counted(mean.length, "output")}; the worst, ${worst}, has an rms error of ${quantity(rms[worst], "V")}.`,
                caption: "Points are means over the images; between the bars' ends lie 95 % of them.",
                columns: [
                    { title: "output", values: mean.map((_, k) => k) }, { title: "mean", unit: "V", values: mean }, { title: "rms", unit: "V", values: rms },
                    { title: "low", unit: "V", values: low }, { title: "high", unit: "V", values: high },
                ],
            };
        },
    });
    return [histogram, columns];
}

function tilesSection() {
    if (result.maps.length === 0) return;
    const parent = section("tiles", "Inside a tile", "Word lines run along the rows, bit lines down the columns; the circuit is that of one image, with its wires and stages.");
    const bar = element("div", { class: "controls" }), three = element("div", { class: "triple" }), pair = element("div", { class: "pair" });
    parent.append(bar, three, pair);
    let map = result.maps.find((m) => m.row === bestRow()) ?? result.maps[0];
    const signOf = (c) => (map.lines_per_output === 2 ? `line ${c % 2 === 0 ? "I+" : "I−"} of output ${Math.floor(c / 2)}` : `line ${c}`);
    const made = [
        matrixFigure(three, { id: "v_w", title: "Word-line voltages", unit: "V", ramp: (c) => c.cool, valuesOf: () => map.v_w, columnName: (c) => `output ${c}`, lineName: "Output" }),
        matrixFigure(three, { id: "v_b", title: "Bit-line voltages", unit: "V", ramp: (c) => c.cool, valuesOf: () => map.v_b, columnName: signOf, lineName: "Column line" }),
        matrixFigure(three, { id: "i_cell", title: "Cell currents", unit: "A", ramp: (c) => c.warm, valuesOf: () => map.i_cell, columnName: signOf, lineName: "Column line" }),
        ...(map.error.counts.length > 0 ? errorFigures(pair, () => map) : []),
    ];
    const redraw = () => made.forEach((figure) => figure.draw());
    if (result.maps.length > 1) choice(bar, "Tile", result.maps.map((m, k) => [k, mapName(m)]), result.maps.indexOf(map), (value) => { map = result.maps[Number(value)]; redraw(); });
    else bar.append(element("p", { class: "note" }, `Shown is ${mapName(map)}.`));
    redraw();
}
