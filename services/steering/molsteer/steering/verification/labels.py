"""What must hold between results, their labels, and what models predict."""

from __future__ import annotations

from molsteer.steering.verification.rule import Rule

LABELS = (
    Rule(
        "The {property} of molecule {molecule} at {level} belongs to result {number}, which is not "
        "of that molecule and level.",
        "SELECT * FROM label WHERE NOT EXISTS (SELECT 1 FROM result WHERE result.number ="
        " label.number AND result.molecule = label.molecule AND result.level = label.level)",
    ),
    Rule(
        "Result {number}, molecule {molecule} at {level}, has no {property}.",
        "SELECT result.*, property FROM result JOIN output USING (level)"
        " EXCEPT SELECT result.*, property FROM result JOIN label USING (number)",
    ),
    Rule(
        "The {property} of molecule {molecule} at {level} is {value}, which is not a number.",
        "SELECT * FROM label WHERE typeof(value) <> 'real' OR value IN (9e999, -9e999)",
    ),
    Rule(
        "The known {property} of {smiles} at {level} is {value}, which is not a number.",
        "SELECT * FROM known_label WHERE typeof(value) <> 'real' OR value IN (9e999, -9e999)",
    ),
    Rule(
        "The {property} at {level} is given in several units: {units}.",
        "SELECT property, level, group_concat(unit, ', ') AS units FROM given"
        " GROUP BY level, property HAVING count(*) > 1",
    ),
    Rule(
        "The predictions of molecule {molecule} are not of each output.",
        "SELECT * FROM (SELECT molecule, means, spreads FROM prediction"
        " UNION ALL SELECT molecule, means, spreads FROM choice)"
        " WHERE json_array_length(means) <> (SELECT count(*) FROM output)"
        " OR json_array_length(spreads) <> (SELECT count(*) FROM output)",
    ),
    Rule(
        "The errors of model {file} are not of each output.",
        "SELECT * FROM model WHERE json_array_length(validation_mae) <>"
        " (SELECT count(*) FROM output)",
    ),
)
