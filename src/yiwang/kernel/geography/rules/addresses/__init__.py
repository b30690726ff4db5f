"""Chinese addresses as plain values: read, compare, rank (地理编码, GB/T 30428.3 as quoted in GB/T 37149).

`reading` cuts a text into the parts of the standard model, `numerals` and `sounds` make different writings alike,
`ranking` judges what a text may mean from names that were looked up, `bearings` says where a point lies.
"""
