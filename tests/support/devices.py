"""Device files of made-up devices: small ones, to be spoilt."""

THERMOMETER = """kind = "i2c"
title = "Acme T5 thermometer"
sources = ["data sheet"]
agreement = ["worked example"]

[i2c]
addresses = [0x48]
open = [{ write = "01 60" }]
measure = [{ write = "00", read = 2 }]

[channel.temperature]
title = "Air temperature"
class = "measurement"
unit = "Cel"
exponent = -2
range = [-40, 125]
accuracy = "unverified"
at = 0
type = "i16"
bits = "15..4"
scale = "1/16"

[[example]]
source = "data sheet, page 6"
exchange = [{ sent = "00", received = "19 10" }]
values = { temperature = 25.06 }
"""
PROBE = """kind = "modbus"
title = "Acme LX9 level probe"
sources = ["manual"]
agreement = ["worked example"]

[modbus]
table = "holding"

[channel.level]
title = "Level"
class = "measurement"
unit = "m"
exponent = -3
range = [0, 10]
accuracy = "±0.1 % (manual, page 3)"
register = 0
type = "f32"

[[example]]
source = "manual, page 5"
exchange = [{ sent = "01 03 00 00 00 02 C4 0B", received = "01 03 04 3F 80 00 00 F7 CF" }]
values = { level = 1.0 }
"""
ANEMOMETER = """kind = "line"
title = "Acme W1 anemometer"
sources = ["manual"]
agreement = ["worked example"]

[serial]
baudrate = 9600

[line]
form = "delimited"
separator = ","
fields = 3

[channel.speed]
title = "Wind speed"
class = "measurement"
unit = "m/s"
exponent = -1
range = [0, 60]
accuracy = "unverified"
field = 2

[[example]]
source = "manual, page 3"
exchange = [{ received_text = "W,12.5,270\\r\\n" }]
values = { speed = 12.5 }
"""
DISTANCE = """kind = "frame"
title = "Acme D2 distance meter"
sources = ["manual"]
agreement = ["worked example"]

[serial]
baudrate = 9600

[frame]
header = "FF"
length = 4
checksum = { kind = "sum8" }

[channel.distance]
title = "Distance"
class = "measurement"
unit = "mm"
exponent = 0
range = [30, 4500]
accuracy = "unverified"
at = 1
type = "u16"

[[example]]
source = "manual, page 2"
exchange = [{ received = "FF 07 A1 A7" }]
values = { distance = 1953 }
"""
