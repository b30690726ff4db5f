"""Reading files that strangers made: a program of its own, with bounds on memory, time and disk, without Django.

`python -m yiwang.kernel.mapdata.reader` takes one request as JSON on its input and answers with lines of JSON: one line
`{"look": ...}`, or one a row and `{"end": ...}`, or `{"refused": code, "facts": {...}}` at any place. It brings its own GDAL (in
pyogrio) and PROJ, which therefore never meet those that Django loads; a file that brings it down brings nothing else down.
"""
