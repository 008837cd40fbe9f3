"use strict";

// A figure: heading, controls, a chart that can be read by pointer, by keyboard and as a table.

const figures = [];

const NARROW = 440; // pixels of a chart below which it is laid out for a phone

function chartColours() {
    return {
        series: [1, 2, 3, 4, 5, 6, 7, 8].map((k) => cssColour(`series-${k}`)),
        ink: cssColour("ink"),
        soft: cssColour("soft"),
        line: cssColour("line"),
        paper: cssColour("paper"),
        card: cssColour("card"),
        good: cssColour("series-1"),
        bad: cssColour("bad"),
        cool: [1, 2, 3, 4, 5, 6].map((k) => cssColour(`cool-${k}`)),
        warm: [1, 2, 3, 4, 5, 6].map((k) => cssColour(`warm-${k}`)),
    };
}

class Figure {
    /** `describe()` returns {option, label, columns, caption}: what to draw, the sentence that stands for it, and its numbers. */
    constructor(parent, { id, title, height = 360, describe, renderer = "svg", isAlone = false }) {
        this.id = id;
        this.title = title;
        this.height = height;
        this.describe = describe;
        this.renderer = renderer;
        this.controls = element("div", { class: "controls" });
        this.plot = element("div", { class: "plot", role: "img", tabindex: "0", id: `plot-${id}`, "aria-describedby": `help-${id}` });
        this.caption = element("figcaption");
        this.table = element("div");
        const tableDetails = element("details", { ontoggle: () => this.fillTable() }, element("summary", {}, "Show as table"), this.table);
        this.tableDetails = tableDetails;
        const csv = element("button", { type: "button", onclick: () => download(fileName(id), csvText(this.columns)) }, "Download CSV");
        this.csv = csv;
        // Alone in its section, a figure needs no heading of its own.
        this.heading = element("h3", { class: isAlone ? "unseen" : undefined }, title);
        parent.append(element("figure", { class: isAlone ? "alone" : undefined, id },
            this.heading, this.controls, this.plot, this.caption,
            element("p", { class: "unseen", id: `help-${id}` }, "Arrow keys step through the values."),
            element("div", { class: "under" }, tableDetails, csv)));
        this.plot.addEventListener("keydown", (event) => this.step(event));
        this.plot.addEventListener("blur", () => this.chart?.dispatchAction({ type: "hideTip" }));
        this.stop = -1;
        figures.push(this);
        new ResizeObserver(() => requestAnimationFrame(() => this.resized())).observe(this.plot);
    }

    get isNarrow() {
        return this.plot.clientWidth < NARROW;
    }

    /** Draws the chart anew from the choices of the controls. */
    draw() {
        this.colours = chartColours();
        const drawn = this.describe(this);
        this.columns = drawn.columns;
        if (drawn.title) this.title = drawn.title;
        this.heading.textContent = this.title;
        this.csv.setAttribute("aria-label", `Download CSV of: ${this.title}`);
        this.plot.setAttribute("aria-label", `${this.title}: ${drawn.label}`);
        this.caption.textContent = drawn.caption ?? "";
        const height = drawn.height ?? this.height;
        this.plot.style.height = `${height}px`;
        this.chart?.dispose();
        this.chart = echarts.init(this.plot, null, { renderer: drawn.renderer ?? this.renderer });
        this.chart.setOption({ ...this.base(), ...drawn.option });
        this.plot.dataset.drawn = "true";
        this.width = this.plot.clientWidth;
        this.stops = [];
        for (const [seriesIndex, series] of drawn.option.series.entries()) {
            for (const [dataIndex, item] of (series.data ?? []).entries()) {
                if (item?.text) this.stops.push({ seriesIndex, dataIndex, text: item.text });
            }
        }
        this.stop = -1;
        this.fillTable();
    }

    /** Colours of an ordered quantity, from faint to strong. */
    shades(count) {
        const ramp = this.colours.cool.slice(2);
        return Array.from({ length: count }, (_, k) => mixed(ramp, count < 2 ? 1 : k / (count - 1)));
    }

    base() {
        const { ink, soft, line, card } = this.colours;
        return {
            animation: false,
            aria: { enabled: false, decal: { show: matchMedia("(prefers-contrast: more)").matches } },
            textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: ink, fontSize: 12 },
            tooltip: {
                trigger: "item",
                confine: true,
                backgroundColor: card,
                borderColor: line,
                borderWidth: 1,
                padding: [8, 12],
                textStyle: { color: ink, fontSize: 13 },
                extraCssText: "box-shadow: 0 4px 16px rgb(0 0 0 / 18%); border-radius: 6px;",
                formatter: (item) => (item.data?.text ? this.tip(item.data.text) : ""),
            },
            grid: this.grid(),
            axisPointer: { lineStyle: { color: soft } },
        };
    }

    /** Every so many of `count` categories get a label: about one per `room` pixels. */
    labelStep(count, size, room) {
        const most = Math.max(2, Math.floor(size / room));
        return [1, 2, 5, 10, 20, 50, 100, 200, 500].find((step) => count / step <= most) ?? count;
    }

    grid(more = {}) {
        return { left: 64, right: 20, top: 20, bottom: 56, ...(this.isNarrow ? { left: 54, right: 12 } : {}), ...more };
    }

    tip(lines) {
        return lines.map((text, k) => (k === 0 ? `<strong>${escaped(text)}</strong>` : escaped(text))).join("<br>");
    }

    /** What all axes have in common. */
    axis(more = {}) {
        const { ink, soft, line } = this.colours;
        return {
            nameLocation: "middle",
            nameGap: 34,
            nameTextStyle: { color: ink, fontSize: 12 },
            axisLine: { show: true, lineStyle: { color: line } },
            axisTick: { lineStyle: { color: line } },
            axisLabel: { color: soft, hideOverlap: true, fontSize: 11.5 },
            splitLine: { lineStyle: { color: line, opacity: 0.55 } },
            minorTick: { show: false },
            ...more,
        };
    }

    legend(more = {}) {
        const { ink } = this.colours;
        return { show: true, top: 0, left: 0, itemWidth: 16, itemHeight: 10, icon: "roundRect", textStyle: { color: ink, fontSize: 12 }, ...more };
    }

    /** The table is made when it is looked at. */
    fillTable() {
        this.table.replaceChildren();
        if (this.tableDetails.open) this.table.append(tableOf(this.columns, this.title));
    }

    /** Arrow keys step from value to value, as a pointer would. */
    step(event) {
        const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (event.key === "Escape") this.chart.dispatchAction({ type: "hideTip" });
        if (!by || this.stops.length === 0) return;
        event.preventDefault();
        this.stop = (this.stop + by + this.stops.length + (this.stop < 0 && by < 0 ? 1 : 0)) % this.stops.length;
        const { seriesIndex, dataIndex, text } = this.stops[this.stop];
        this.chart.dispatchAction({ type: "showTip", seriesIndex, dataIndex });
        document.getElementById("announcement").textContent = text.join(", ");
    }

    /** A chart that got another width is laid out anew. */
    resized() {
        if (!this.chart || this.plot.clientWidth === this.width) return;
        this.draw();
    }
}

/** Rows that the legend of these names takes in a chart of some width. */
function legendRows(names, width) {
    let rows = 1, used = 0;
    for (const name of names) {
        const needed = 6.7 * name.length + 34; // pixels of a letter, of the symbol and its gaps
        if (used > 0 && used + needed > width) [rows, used] = [rows + 1, 0];
        used += needed;
    }
    return rows;
}

/** An axis of percent from `low` to `high` in steps that people count in, never beyond what there can be. */
function percentAxis(low, high) {
    if (!Number.isFinite(low) || !Number.isFinite(high)) return { min: 0, max: 100 };
    const step = [0.1, 0.2, 0.5, 1, 2, 5, 10].find((s) => (high - low) / s <= 6) ?? 20;
    const down = Math.max(0, Math.floor(low / step) * step), up = Math.min(100, Math.ceil(high / step) * step);
    return { min: Number(down.toFixed(1)), max: Number((up > down ? up : down + step).toFixed(1)), interval: step };
}

/** Many marks are drawn on a canvas, few as a picture that stays sharp. */
function rendererFor(marks) {
    return marks > 2000 ? "canvas" : "svg";
}

/** A colour at a part of a ramp of #rrggbb colours. */
function mixed(ramp, part) {
    const place = part * (ramp.length - 1), below = Math.min(ramp.length - 2, Math.floor(place));
    const channel = (colour, c) => parseInt(colour.slice(1 + 2 * c, 3 + 2 * c), 16);
    const mix = (c) => Math.round(channel(ramp[below], c) + (place - below) * (channel(ramp[below + 1], c) - channel(ramp[below], c)));
    return `#${[0, 1, 2].map((c) => mix(c).toString(16).padStart(2, "0")).join("")}`;
}

/** The band between two curves, as a series below them; items are [x, low, high]. */
function bandSeries(items, colour, name, opacity) {
    return {
        type: "custom",
        name,
        data: items,
        encode: { x: 0, y: [1, 2] },
        silent: true,
        z: 1,
        tooltip: { show: false },
        renderItem: (params, api) => {
            if (params.dataIndex > 0) return null;
            const upper = items.map(([x, , high]) => api.coord([x, high]));
            const lower = items.map(([x, low]) => api.coord([x, low])).reverse();
            return { type: "polygon", shape: { points: [...upper, ...lower] }, style: { fill: colour, opacity } };
        },
    };
}

/** Bars with ends from low to high at x; items are [x, low, high]. */
function whiskerSeries(items, colour, name) {
    return {
        type: "custom",
        name,
        data: items,
        encode: { x: 0, y: [1, 2] },
        silent: true,
        z: 3,
        tooltip: { show: false },
        renderItem: (params, api) => {
            const [x, low] = api.coord([api.value(0), api.value(1)]);
            const [, high] = api.coord([api.value(0), api.value(2)]);
            const line = (x1, y1, x2, y2) => ({ type: "line", shape: { x1, y1, x2, y2 }, style: { stroke: colour, lineWidth: 1.2, opacity: 0.8 } });
            return { type: "group", children: [line(x, low, x, high), line(x - 3, low, x + 3, low), line(x - 3, high, x + 3, high)] };
        },
    };
}

/** The least and greatest of numbers, widened by a part of their span; within [least, most]. */
function paddedRange(numbers, part = 0.06, least = -Infinity, most = Infinity) {
    const low = Math.min(...numbers), high = Math.max(...numbers);
    const pad = (high - low || Math.abs(high) || 1) * part;
    return [Math.max(least, low - pad), Math.min(most, high + pad)];
}
