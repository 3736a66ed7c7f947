(define (upto n) (let loop ((i n) (all '())) (if (zero? i) all (loop (- i 1) (cons i all)))))
(define (sum all) (if (null? all) 0 (+ (car all) (sum (cdr all)))))
(write (map (lambda (x) (* x x)) (upto 20)))
(write (sum (append (upto 10) (reverse (upto 30)))))
