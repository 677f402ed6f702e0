"""Side-by-side measurements. Each prints ratios of one run, interleaved, medians of five."""
