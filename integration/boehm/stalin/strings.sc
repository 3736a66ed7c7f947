(define (repeat text n) (if (zero? n) "" (string-append text (repeat text (- n 1)))))
(display (repeat "ab" 10))
(display (list->string (reverse (string->list "reversed"))))
(display (number->string 255))
