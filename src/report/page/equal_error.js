"use strict";

// Accuracy against the error of products: which cause of the same error costs most.

function equalErrorFigure() {
    const equal = result.equal_error;
    if (!equal) return;
    const parent = section("equal-error", "At equal errors of products",
        "Accuracy against what weighted sums miss of exact products, RMS over RMS, for the inputs that reach a layer. Causes that lie low cost most at the same error.");
    const describe = (figure) => {
        const { series } = figure.colours;
        const symbols = ["circle", "rect", "triangle", "diamond"];
        const points = equal.curves.flatMap((curve) => curve.points.map((point) => ({ ...point, curve: curve.name })));
        const worst = equal.curves[0], at = equal.errors.at(-1);
        const symbolOf = (k) => symbols[Math.floor(k / series.length) % symbols.length];
        const rows = legendRows(equal.curves.map((curve) => curve.name), figure.plot.clientWidth);
        return {
            option: {
                grid: figure.grid({ top: 14 + 19 * rows }),
                legend: figure.legend({ data: equal.curves.map((curve, k) => ({ name: curve.name, icon: symbolOf(k) })) }),
                xAxis: figure.axis({ type: "log", name: "Error of products (%)", axisLabel: { color: figure.colours.soft, formatter: (v) => digits(v, 3) } }),
                yAxis: figure.axis({ type: "value", name: "Accuracy (%)", nameGap: 40, scale: true, ...percentAxis(100 * Math.min(...points.map((p) => p.low)), 100 * Math.max(...points.map((p) => p.high))) }),
                series: equal.curves.map((curve, k) => ({
                    type: "line",
                    name: curve.name,
                    symbol: symbolOf(k),
                    symbolSize: 7,
                    color: series[k % series.length],
                    lineStyle: { width: 2, type: k < series.length ? "solid" : "dashed" },
                    data: curve.points.map((point) => ({ value: [100 * point.error, 100 * point.accuracy], text: [point.name, `Error of products: ${percent(point.error)}`, `Accuracy: ${percent(point.accuracy)}`] })),
                })),
            },
            label: `${counted(equal.curves.length, "curve")} by ${equal.axis}.${at !== undefined ? ` The costliest is ${worst.name}.` : ""}`,
            caption: "Repetitions are medians. The table below is read off the curves, straight between their points.",
            columns: [
                { title: equal.axis, values: points.map((p) => p.curve) },
                { title: "point", values: points.map((p) => p.name) },
                { title: "product_error", values: points.map((p) => p.error), text: (v) => percent(v) },
                { title: "accuracy", values: points.map((p) => p.accuracy), text: (v) => percent(v) },
                { title: "low", values: points.map((p) => p.low), text: (v) => percent(v) },
                { title: "high", values: points.map((p) => p.high), text: (v) => percent(v) },
            ],
        };
    };
    new Figure(parent, { id: "error-curves", title: "Accuracy against the error of products", height: 440, describe, isAlone: true }).draw();
    if (equal.errors.length === 0) return;
    parent.append(element("h3", { class: "apart" }, "Ranking"), tableOf([
        { title: equal.axis, values: equal.curves.map((curve) => curve.name) },
        ...equal.errors.map((error, e) => ({ title: `accuracy at ${percent(error, error < 0.01 ? 1 : 0)}`, values: equal.curves.map((curve) => curve.accuracy_at[e]), text: (v) => (v === null ? "–" : percent(v)) })),
    ], "Accuracy at equal errors of products, the costliest first"));
}
