"use strict";

// What each flaw of a circuit costs alone: of runs between converters.

function flawsFigure() {
    const alone = metrics.filter((m) => /^accuracy_.+_alone$/.test(m.name));
    if (alone.length === 0) return;
    const parent = section("flaws", "What each flaw costs", "Accuracy of the same network with one flaw alone, everything else being as it should be.");
    let row = bestRow();
    const shortName = (m) => m.name.replace(/^accuracy_(.+)_alone$/, "$1").replaceAll("_", " ");
    const lines = [["accuracy_software", "software"], ["accuracy_ideal_wires", "all but wires"], ["accuracy_ideal_devices", "all but devices"], ["accuracy", "all together"]];

    const describe = (figure) => {
        const { series, ink, soft, line } = figure.colours;
        const told = [...alone.map((m) => ({ metric: m, name: `${shortName(m)} alone` })), ...lines.map(([name, text]) => ({ metric: metricNamed(name), name: text }))]
            .filter((item) => item.metric && item.metric.values[row] !== null)
            .map((item) => ({ ...item, value: item.metric.values[row], isWhole: item.metric.name === "accuracy" }));
        const values = told.map((item) => 100 * item.value), low = Math.min(...values), high = Math.max(...values), left = 132;
        const flaws = told.filter((item) => alone.includes(item.metric));
        const worst = flaws.length > 0 ? flaws.reduce((a, b) => (b.value < a.value ? b : a)) : null;
        return {
            height: 76 + 28 * told.length,
            option: {
                grid: figure.grid({ left, top: 8, bottom: 50, right: 64 }),
                xAxis: figure.axis({ type: "value", name: "Accuracy (%)", nameGap: 30, ...percentAxis(low - 0.05 * (high - low || 1), high) }),
                yAxis: figure.axis({ type: "category", inverse: true, data: told.map((item) => item.name), axisTick: { show: false }, splitLine: { show: true, lineStyle: { color: line, type: "dotted" } }, axisLabel: { color: ink, fontSize: 12 } }),
                series: [{
                    type: "scatter",
                    symbolSize: 10,
                    label: { show: true, position: "right", color: soft, fontSize: 11.5, formatter: (p) => p.data.value[0].toFixed(2) },
                    data: told.map((item, k) => ({ value: [100 * item.value, k], itemStyle: { color: item.isWhole ? series[1] : series[0], opacity: 1 }, text: [item.name, percent(item.value)] })),
                }],
            },
            label: `${percent(metricNamed("accuracy").values[row])} with all flaws.${worst ? ` The costliest alone is ${shortName(worst.metric)}: ${percent(worst.value)}.` : ""}`,
            columns: [{ title: "with", values: told.map((item) => item.name) }, { title: "accuracy", values: told.map((item) => item.value), text: (v) => percent(v) }],
        };
    };
    const figure = new Figure(parent, { id: "alone", title: "Accuracy with each flaw alone", describe, isAlone: true });
    if (result.rows > 1) choice(figure.controls, "Point", rowNumbers.map((k) => [k, nameOfRow(k)]), row, (value) => { row = Number(value); figure.draw(); });
    figure.draw();
}
