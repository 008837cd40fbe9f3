# Processor time against the side of a square array, one panel per kind of work: results/engines.csv to results/engines.svg.
# Run in this folder: gnuplot plot.gp
set terminal svg size 1100,850 dynamic background rgb "white" font "sans-serif,13"
set output "results/engines.svg"
set datafile separator comma
set datafile missing NaN
set logscale xy
set xtics (32, 64, 128, 256, 512, 1024, 2048)
set xrange [28:2400]
set format y "10^{%T}"
set xlabel "rows = columns"
set ylabel "processor time per vector [s]"
set grid back linecolor rgb "#dddddd"
set yrange [5e-6:50]
set key right bottom reverse Left samplen 2

engines = "lines condense port-matrix cholmod-amd cholmod-metis klu ngspice"
array colour[7] = ["#d62728", "#1f77b4", "#17becf", "#2ca02c", "#98df8a", "#9467bd", "#7f7f7f"]

# Time per vector of one engine in one kind of work; rows that are something else, or were not run, are missing.
per_vector(engine, cells, vectors) = (strcol(1) eq engine && $2 == $3 && $4 == 1 && strcol(5) eq cells && $6 == vectors) ? $8 / vectors : NaN

set multiplot layout 2,2 title "Array engines, r = 1 Ohm, cells 10 kOhm to 1 MOhm, one thread"
do for [cells in "linear sinh"] {
    do for [vectors in "1 100"] {
        set title sprintf("%s cells, %s vector%s", cells, vectors, vectors eq "1" ? "" : "s")
        plot for [i = 1:words(engines)] "results/engines.csv" every ::1 \
            using 2:(per_vector(word(engines, i), cells, vectors + 0)) \
            with linespoints linecolor rgb colour[i] linewidth 2 pointtype 7 pointsize 0.6 title word(engines, i)
    }
}
unset multiplot
