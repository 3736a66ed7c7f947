@main[]
$text[]
^for[i](1;400){$text[${text}word$i ]}
$parts[^text.split[ ;v]]
^text.length[] ^parts.count[] ^text.match[word3][g]{WORD} ^text.upper[]
