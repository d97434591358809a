"""Control: what the city orders a unit to do with its streams, and the proof that it was done.

In: documents from the broker and from files, unverified. Out: a state for each stream, purges, acknowledgements,
entries for the disclosure log. Never: a say over the privacy filter; there is no order for that.

`documents` believes, `standing` and `judgement` decide, `rules` minds versions and floods, `record` is what is kept;
these five are pure. `layout` and `state` keep it on the medium, `spool` takes documents from a USB stick, `answer`
makes acknowledgements and log entries, and `desk` joins them all. How a unit uses the desk stands there.
"""
