"""Writes tokens.json: texts as transformers' BertTokenizer divides them.

    python make_tokens.py VOCAB > tokens.json

VOCAB is the vocab.txt of bert-base-uncased.
"""

import json
import sys

import transformers

tokenizer = transformers.BertTokenizer(sys.argv[1], do_lower_case=True)
LONG = "why has my new card still not arrived after two weeks , and who can tell me where it is ?"
CASES = [
    ("Hello, Wörld! unaffable naïve don't", None, None),
    ("I'm 25 years old; it costs $3.50 (or 2,99 €).", None, None),
    ("東京 and 北京 are cities", None, None),
    ("", None, None),
    ("  tabs\tand\nlines\u00a0too ", None, None),
    ("Pneumonoultramicroscopicsilicovolcanoconiosis " + "x" * 101, None, None),
    ("[MASK] is a special token [SEP] here", None, None),
    (LONG, None, 12),
    ("a premise .", "its hypothesis , which is longer .", None),
    ("a premise .", "its hypothesis , which is longer .", 9),
    (LONG, "short .", 14),
]
cases = []
for text, pair, most in CASES:
    found = tokenizer(
        text, pair, truncation=most is not None and "longest_first", max_length=most
    )
    cases.append({
        "text": text,
        "pair": pair,
        "maxTokens": most,
        "ids": list(found["input_ids"]),
        "typeIds": list(found["token_type_ids"]),
    })
made = f"make_tokens.py with transformers {transformers.__version__}"
json.dump({"made": made, "cases": cases}, sys.stdout, ensure_ascii=False)
print()
