#pragma once

/* In a folder, but in no list: never built, never verified. */
