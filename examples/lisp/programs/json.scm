; Reads a JSON text and prints it back, without spaces. Arrays become vectors, objects lists of pairs, null an empty list,
; and true and false #t and #f.

(define text "
{ \"name\": \"libgcheap\", \"version\": [0, 1, 0],
  \"text\": \"a quote \\\", a backslash \\\\, a tab \\t, a line\\nand an umlaut \\u00e4, \\u20ac\",
  \"numbers\": [0, -1, 12345678901, 2.5, -0.125, 1e3],
  \"nested\": {\"empty\": {}, \"list\": [[], [[1], [2, [3]]]], \"yes\": true, \"no\": false, \"nothing\": null} }")

; The reader: `position` is where the next character is.
(define position 0)
(define (end?) (= position (string-length text)))
(define (peek) (if (end?) #\~ (string-ref text position)))
(define (next) (let ((c (peek))) (set! position (+ position 1)) c))

(define (space? c) (or (eq? c #\space) (eq? c #\newline) (eq? c #\tab)))
(define (skip) (when (and (not (end?)) (space? (peek))) (next) (skip)))
(define (expect c) (skip) (unless (eq? (next) c) (error "expected in the JSON text" c)))

(define (read-json)
  (skip)
  (let ((c (peek)))
    (cond ((eq? c #\{) (next) (read-members))
          ((eq? c #\[) (next) (list->vector (read-elements)))
          ((eq? c #\") (next) (list->string (read-text '())))
          ((eq? c #\t) (read-word "true" #t))
          ((eq? c #\f) (read-word "false" #f))
          ((eq? c #\n) (read-word "null" '()))
          (else (read-number)))))

; Up to the closing bracket: what `read-one` reads, between commas.
(define (read-many close read-one)
  (skip)
  (if (eq? (peek) close)
      (begin (next) '())
      (let more ((all (list (read-one))))
        (skip)
        (if (eq? (peek) #\,)
            (begin (next) (more (cons (read-one) all)))
            (begin (expect close) (reverse all))))))

(define (read-elements) (read-many #\] read-json))
(define (read-member)
  (expect #\")
  (let ((name (list->string (read-text '()))))
    (expect #\:)
    (cons name (read-json))))
(define (read-members) (cons 'object (read-many #\} read-member)))

(define (read-word word value)
  (let ((end (+ position (string-length word))))
    (unless (and (<= end (string-length text)) (equal? (substring text position end) word))
      (error "not JSON" (substring text position (string-length text))))
    (set! position end)
    value))

(define (in-number? c) (let ((n (char->integer c))) (or (and (>= n 48) (<= n 57)) (eq? c #\+) (eq? c #\-) (eq? c #\.) (eq? c #\e))))
(define (read-number)
  (let more ((start position))
    (if (in-number? (peek))
        (begin (next) (more start))
        (or (string->number (substring text start position))
            (error "not JSON" (substring text start (string-length text)))))))

; The characters of a string, the last one first in `read`.
(define (read-text read)
  (let ((c (next)))
    (cond ((eq? c #\") (reverse read))
          ((> position (string-length text)) (error "the JSON text ends inside a string"))
          ((eq? c #\\) (read-escape read (next)))
          (else (read-text (cons c read))))))

(define (read-escape read c)
  (cond ((eq? c #\n) (read-text (cons #\newline read)))
        ((eq? c #\t) (read-text (cons #\tab read)))
        ((eq? c #\u) (read-text (utf-8 (read-hex 4 0) read)))
        (else (read-text (cons c read)))))

(define (read-hex digits n)
  (if (= digits 0)
      n
      (let ((c (char->integer (next))))
        (read-hex (- digits 1) (+ (* 16 n) (cond ((<= c 57) (- c 48)) ((<= c 70) (- c 55)) (else (- c 87))))))))

(define (utf-8 code read)   ; the bytes of a character before those that were read
  (define (last-bits n) (integer->char (+ 128 (remainder n 64))))
  (cond ((< code 128) (cons (integer->char code) read))
        ((< code 2048) (cons (last-bits code) (cons (integer->char (+ 192 (quotient code 64))) read)))
        (else (cons (last-bits code)
                    (cons (last-bits (quotient code 64))
                          (cons (integer->char (+ 224 (quotient code 4096))) read))))))

; The printer.
(define (print-many all print-one)
  (unless (null? all)
    (print-one (car all))
    (for-each (lambda (x) (display ",") (print-one x)) (cdr all))))

(define (elements vector)
  (let more ((i (vector-length vector)) (all '()))
    (if (= i 0) all (more (- i 1) (cons (vector-ref vector (- i 1)) all)))))

(define (print-json x)
  (cond ((vector? x) (display "[") (print-many (elements x) print-json) (display "]"))
        ((pair? x)
         (display "{")
         (print-many (cdr x) (lambda (member) (write (car member)) (display ":") (print-json (cdr member))))
         (display "}"))
        ((null? x) (display "null"))
        ((eq? x #t) (display "true"))
        ((eq? x #f) (display "false"))
        (else (write x))))

(define value (read-json))
(print-json value)
(newline)

; What is no JSON gives an error that says where.
(define (refused bad)
  (set! text bad)
  (set! position 0)
  (display (try (lambda () (read-json) "accepted") (lambda (message) message)))
  (newline))
(for-each refused '("[1, 2" "{\"a\" 1}" "[tru]" "\"abc" "[1, ?]"))
