"use strict";

// Whatever goes wrong is kept where a reader, and a test, can find it: data-errors on the root element.
const problems = [];

function noteProblem(problem) {
    problems.push(String(problem));
    document.documentElement.dataset.errors = problems.join("\n");
}

window.addEventListener("error", (event) => noteProblem(event.message));
window.addEventListener("unhandledrejection", (event) => noteProblem(event.reason));
