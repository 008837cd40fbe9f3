"use strict";

// Puts the page together, and draws it anew when it turns dark or light.

function writeMasthead() {
    const name = result.file.replace(/\.[^.]*$/, "");
    document.getElementById("title").textContent = name;
    const what = axes.length > 0 ? ` over ${listed(axes.map((axis) => axis.name))}` : "";
    const images = result.images > 0 ? `, ${counted(result.images, "image")}${result.rows > 1 ? " each" : ""}` : "";
    document.getElementById("summary").textContent = `${counted(result.rows, "point")}${what}${images}.`;
    document.getElementById("made").textContent = `Made by OhmLoom${result.version ? ` ${result.version}` : ""} from ${result.file}. This page is one file: it asks nothing of any network.`;
}

function drawPage() {
    writeMasthead();
    const points = section("headline", "Results");
    if (bestRow() === undefined) {
        points.append(element("p", {}, "No point of this result has an accuracy."));
        sweepOutcome(section("convergence", "Convergence"));
        provenance();
        return;
    }
    headline(points);
    headlineTable(points);

    if (result.rows > 1) {
        const trade = section("trade", "Accuracy and cost");
        paretoFigure(trade);
    }
    if (axes.length > 0) {
        const over = section("axes", axes.length > 1 ? "Over the study's axes" : `Over ${axes[0].name}`);
        lineFigure(over);
        heatFigure(over);
    }
    classesSection();
    flawsFigure();
    equalErrorFigure();
    if (costParts().length > 0) partsFigure(section("energy", costParts()[0].unit === "J" ? "Where the energy goes" : "Where the power goes"));
    tilesSection();
    if (metricNamed("residual_max") || result.sweep.status.length > 0) {
        const convergence = section("convergence", "Convergence");
        sweepOutcome(convergence);
        residualFigure(convergence);
    }
    provenance();
}

drawPage();
for (const query of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)"])
    matchMedia(query).addEventListener("change", () => figures.forEach((figure) => figure.draw()));
document.documentElement.dataset.ready = "true";
