"use strict";

// Numbers as people read them: SI prefixes, three or four digits, units after a narrow space.

const PREFIXES = [
    [1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""], [1e-3, "m"], [1e-6, "µ"], [1e-9, "n"], [1e-12, "p"], [1e-15, "f"], [1e-18, "a"],
];
const WITHOUT_PREFIX = new Set(["1", "K", "%", "output step", ""]);
const SHOWN_UNIT = { Ohm: "Ω", m2: "m²", 1: "", "output step": "output steps" };

/** The factor and unit that leave a number of this size between 1 and 999: 0.0123 W is 12.3 mW. */
function scaleFor(size, unit) {
    const shown = SHOWN_UNIT[unit] ?? unit;
    if (WITHOUT_PREFIX.has(unit) || !(size > 0) || !Number.isFinite(size)) return { factor: 1, unit: shown };
    if (unit === "m2") {
        const [factor, name] = size < 1e-8 ? [1e12, "µm²"] : size < 1e-2 ? [1e6, "mm²"] : [1, "m²"];
        return { factor, unit: name };
    }
    const [prefix, letter] = PREFIXES.find(([p]) => size >= p * 0.9995) ?? PREFIXES.at(-1);
    return { factor: 1 / prefix, unit: letter + shown };
}

/** A number with so many digits; zeros behind the point are left out, unless they are kept so that a column reads well. */
function digits(value, count = 4, keepZeros = false) {
    if (value === null || value === undefined || Number.isNaN(value)) return "–";
    if (value === 0) return "0";
    const size = Math.abs(value);
    if (size >= 1e6 || size < 1e-3) return value.toExponential(count - 2).replace(/e([+-])0?/, "e$1").replace("e+", "e");
    if (Number.isInteger(value)) return String(value);
    const decimals = Math.max(0, count - 1 - Math.floor(Math.log10(size)));
    const text = value.toFixed(Math.min(decimals, 12));
    return keepZeros ? text : String(Number(text));
}

/** "12.3 mW" */
function quantity(value, unit, count = 3) {
    if (value === null || value === undefined || Number.isNaN(value)) return "–";
    const scale = scaleFor(Math.abs(value), unit);
    const number = digits(value * scale.factor, count, true);
    return scale.unit ? `${number}\u202f${scale.unit}` : number;
}

/** "97.27 %" of a fraction of 1 */
function percent(value, decimals = 2) {
    return value === null || value === undefined ? "–" : `${(100 * value).toFixed(decimals)}\u202f%`;
}

/** A list as a sentence has it: "a, b and c". */
function listed(words) {
    return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

function counted(count, one, many = `${one}s`) {
    return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

function escaped(text) {
    return String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
}

/** The quantile of numbers, between order statistics straight. */
function quantile(numbers, part) {
    const sorted = [...numbers].sort((a, b) => a - b);
    const place = part * (sorted.length - 1), below = Math.floor(place);
    const above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
}

/** 95 % score interval of k of n (Wilson). */
function scoreInterval(k, n) {
    if (n === 0) return [0, 1];
    const z = 1.959963984540054, p = k / n, scale = 1 + (z * z) / n;
    const middle = (p + (z * z) / (2 * n)) / scale;
    const half = (z / scale) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
    return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
