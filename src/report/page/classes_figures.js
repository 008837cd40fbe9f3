"use strict";

// What images were taken for: the confusion matrix of a row, and its errors by class.

function classesSection() {
    if (result.confusion.length === 0) return;
    const parent = section("classes", "Classes");
    const bar = element("div", { class: "controls" }), pair = element("div", { class: "pair" });
    parent.append(bar, pair);
    let row = bestRow();

    const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
    const matrix = () => result.confusion[row];

    const describeMatrix = (figure) => {
        const counts = matrix(), classes = counts.map((_, k) => String(k));
        const totals = counts.map(sum);
        const mistakes = counts.flatMap((line, i) => line.map((n, j) => ({ n, i, j })).filter((c) => c.i !== c.j && c.n > 0)).sort((a, b) => b.n - a.n);
        const most = Math.max(mistakes[0]?.n ?? 1, 0.05 * Math.max(...totals)); // a few mistakes are not to glare
        const right = sum(counts.map((line, k) => line[k]));
        const { cool, warm, soft } = figure.colours;
        const shade = (ramp, part) => ramp[Math.min(ramp.length - 1, Math.round(part * (ramp.length - 1)))];
        const many = classes.length > 20;
        const data = counts.flatMap((line, i) => line.map((n, j) => {
            const part = i === j ? n / (totals[i] || 1) : n / most;
            const colour = n === 0 ? cssColour("empty") : shade(i === j ? cool : warm, i === j ? Math.max(0.15, part) : 0.12 + 0.68 * part);
            return {
                value: [j, i, n],
                itemStyle: { color: colour },
                label: { show: n > 0 && !many, color: cssColour((i === j ? part : 0.12 + 0.68 * part) > 0.5 ? "on-high" : "on-low") },
                text: [`${i} taken for ${j}`, `${counted(n, "image")}, ${percent(n / (totals[i] || 1), 1)} of class ${i}`],
            };
        }));
        return {
            height: figure.isNarrow ? 350 : 440,
            option: {
                grid: figure.grid({ left: 48, bottom: 48, top: 8, right: 8 }),
                xAxis: figure.axis({ type: "category", data: classes, name: "Taken for", nameGap: 26, axisTick: { show: false }, splitLine: { show: false } }),
                yAxis: figure.axis({ type: "category", data: classes, name: "Class of the image", nameGap: 28, inverse: true, axisTick: { show: false }, splitLine: { show: false } }),
                series: [{
                    type: "heatmap",
                    data,
                    itemStyle: { borderColor: figure.colours.paper, borderWidth: 1.5, borderRadius: 2 },
                    label: { fontSize: figure.isNarrow ? 9.5 : 11.5, formatter: (p) => String(p.data.value[2]) },
                    emphasis: { itemStyle: { borderColor: soft } },
                }],
                visualMap: { show: false, min: 0, max: 1, dimension: 2, inRange: {}, seriesIndex: [] },
            },
            label: `${right} of ${counted(sum(totals), "image")} right.${mistakes.length ? ` Most often ${mistakes[0].i} is taken for ${mistakes[0].j}: ${counted(mistakes[0].n, "image")}.` : ""}`,
            caption: mistakes.length ? `Most frequent mistakes: ${listed(mistakes.slice(0, 3).map((m) => `${m.i} for ${m.j} (${m.n})`))}.` : "No mistakes.",
            columns: [
                { title: "class", values: classes.map(Number) },
                ...classes.map((name, j) => ({ title: `taken for ${name}`, values: counts.map((line) => line[j]) })),
            ],
        };
    };

    const describeErrors = (figure) => {
        const counts = matrix(), totals = counts.map(sum), wrong = counts.map((line, k) => totals[k] - line[k]);
        const { series, soft } = figure.colours;
        const rates = wrong.map((n, k) => (totals[k] ? n / totals[k] : null));
        const intervals = wrong.map((n, k) => scoreInterval(n, totals[k]));
        const worst = rates.indexOf(Math.max(...rates.filter((r) => r !== null)));
        return {
            height: figure.isNarrow ? 350 : 440,
            option: {
                grid: figure.grid({ left: 56, bottom: 48, top: 12, right: 8 }),
                xAxis: figure.axis({ type: "category", data: counts.map((_, k) => String(k)), name: "Class of the image", nameGap: 26, axisTick: { show: false }, splitLine: { show: false } }),
                yAxis: figure.axis({ type: "value", name: "Taken for another (%)", nameGap: 40, min: 0 }),
                series: [
                    {
                        type: "bar",
                        barMaxWidth: 34,
                        itemStyle: { color: series[0], borderRadius: [3, 3, 0, 0] },
                        data: rates.map((rate, k) => ({
                            value: [k, rate === null ? null : 100 * rate],
                            text: [`class ${k}`, `${wrong[k]} of ${counted(totals[k], "image")} wrong: ${percent(rate)}`, `95 %: ${percent(intervals[k][0])} to ${percent(intervals[k][1])}`],
                        })),
                    },
                    whiskerSeries(intervals.map(([low, high], k) => [k, 100 * low, 100 * high]), soft, "interval"),
                ],
            },
            label: `${percent(sum(wrong) / (sum(totals) || 1))} of all images are wrong; most of class ${worst}: ${percent(rates[worst])}.`,
            caption: "Whiskers are 95 % intervals.",
            columns: [
                { title: "class", values: counts.map((_, k) => k) },
                { title: "images", values: totals },
                { title: "wrong", values: wrong },
                { title: "error", values: rates, text: (v) => percent(v) },
            ],
        };
    };

    const confusion = new Figure(pair, { id: "confusion", title: "Confusion matrix", describe: describeMatrix });
    const errors = new Figure(pair, { id: "class-errors", title: "Errors by class", describe: describeErrors });
    const redraw = () => { confusion.draw(); errors.draw(); };
    if (result.rows > 1) choice(bar, "Point", rowNumbers.map((k) => [k, nameOfRow(k)]), row, (value) => { row = Number(value); redraw(); });
    redraw();
}
