; The Lisp tests itself. The heap may be under stress: (stress) is n if there is a collection at every n-th allocation.

(define failures 0)
(define tests 0)
(define (check name result expected)
  (set! tests (+ tests 1))
  (unless (equal? result expected)
    (set! failures (+ failures 1))
    (display "FAILED ") (display name) (display ": ") (write result) (display ", not ") (write expected) (newline)))

(define (message-of function) (try (lambda () (function) "no error") (lambda (message) message)))

; Numbers
(check 'sum (+ 1 2 3) 6)
(check 'difference (list (- 5) (- 5 1) (- 5 1 1)) '(-5 4 3))
(check 'product (* 2 3 4) 24)
(check 'quotient (list (/ 1 4) (quotient 17 5) (remainder 17 5) (remainder -17 5)) '(0.25 3 2 -2))
(check 'large (* 4611686018427387903 4) 18446744073709551612.0)
(check 'mixed (+ 1 0.5) 1.5)
(check 'compare (list (< 1 2) (> 1 2) (<= 2 2) (>= 1 2) (= 1 1.0)) '(#t #f #t #f #t))

; Words
(check 'cond (cond ((= 1 2) 'a) (#f 'b) (else 'c)) 'c)
(check 'and-or (list (and 1 2) (and #f 2) (or #f 3) (or #f #f)) '(2 #f 3 #f))
(check 'let (let ((a 1) (b 2)) (let ((a b) (b a)) (list a b))) '(2 1))
(check 'let* (let* ((a 1) (b (+ a 1)) (a (* b 10))) (list a b)) '(20 2))
(check 'letrec
       (letrec ((even? (lambda (n) (or (= n 0) (odd? (- n 1))))) (odd? (lambda (n) (and (> n 0) (even? (- n 1))))))
         (list (even? 10) (even? 7)))
       '(#t #f))
(check 'when-unless (list (when #t 1 2) (unless #f 3 4)) '(2 4))
(check 'quote '(a . (b . (c . d))) '(a b c . d))

; Closures
(define (counter) (let ((n 0)) (lambda () (set! n (+ n 1)) n)))
(define one (counter))
(define two (counter))
(one) (one)
(check 'closures (list (one) (two)) '(3 1))
(define (compose f g) (lambda (x) (f (g x))))
(check 'compose ((compose (lambda (x) (* x x)) (lambda (x) (+ x 1))) 4) 25)
(check 'rest ((lambda (a . others) (list a others)) 1 2 3) '(1 (2 3)))
(define (local n) (define m (* n 2)) (define (twice) (* m 2)) (twice))
(check 'local-definitions (local 5) 20)
(check 'apply (apply + '(1 2 3)) 6)
(check 'map (map (lambda (x) (* x x)) '(1 2 3)) '(1 4 9))

; Tail calls: a million of them in 64 KiB. 100 levels of other calls.
(define many (if (= (stress) 0) 1000000 500))
(define (loop n) (if (= n 0) 'done (loop (- n 1))))
(check 'tail-calls (loop many) 'done)
(define (ping n) (cond ((= n 0) 'end) (else (and #t (or #f (pong (- n 1)))))))
(define (pong n) (when #t (let ((m n)) (begin (ping m)))))
(check 'mutual-tail-calls (ping (quotient many 10)) 'end)
(define (count n) (if (= n 0) 0 (+ 1 (count (- n 1)))))
(check 'recursion (count 100) 100)

; Strings and characters
(define s (string-append "ab" "c" "" "d"))
(check 'append s "abcd")
(check 'part (substring s 1 3) "bc")
(check 'characters (list (string-ref s 0) (char->integer #\a) (integer->char 98) #\() '(#\a 97 #\b #\())
(check 'length (string-length s) 4)
(check 'conversion (list (string->number "-2.5") (string->number "x") (number->string 12) (string->symbol "abc")) '(-2.5 #f "12" abc))
(define (long n) (if (= n 0) "" (string-append "0123456789" (long (- n 1)))))
(check 'long-strings (string-length (long 50)) 500)
(check 'escapes (string-length "a\nb\"\\") 5)
(check 'quoted (message-of (lambda () (error "" "a\nb\t\r\"\\"))) ": \"a\\nb\\t\\r\\\"\\\\\"")

; Vectors
(define v (make-vector 5 0))
(vector-set! v 2 'x)
(check 'vector (list (vector-ref v 0) (vector-ref v 2) (vector-length v)) '(0 x 5))
(check 'vector-of-list (vector-ref (list->vector '(1 2 3)) 2) 3)
(check 'vector-literal (vector-ref '#(1 (2 3)) 1) '(2 3))

; Errors
(check 'unknown (message-of (lambda () unknown)) "there is no such variable: unknown")
(check 'not-a-pair (message-of (lambda () (car 5))) "not a pair: 5")
(check 'not-a-function (message-of (lambda () (5))) "not a function: 5")
(check 'too-few (message-of (lambda () ((lambda (a b) a) 1))) "wrong number of arguments for the names: (a b)")
(check 'too-many (message-of (lambda () (car '(1) 2))) "wrong number of arguments for: #<primitive car>")
(check 'out-of-range (message-of (lambda () (vector-ref v 5))) "out of range: 5")
(check 'division (message-of (lambda () (quotient 1 0))) "division by zero")
(check 'error (message-of (lambda () (error "this is wrong" '(1 "two")))) "this is wrong: (1 \"two\")")
(check 'nested (try (lambda () (try (lambda () (error "inner")) (lambda (m) (error "outer")))) (lambda (m) m)) "outer")
(define (endless n) (cons n (endless (+ n 1))))
(when (= (stress) 0) ; otherwise it would take long
  (check 'out-of-memory (message-of (lambda () (endless 0))) "out of memory")
  (check 'too-large (message-of (lambda () (make-vector 100000 0))) "out of memory")
  (check 'again (message-of (lambda () (endless 0))) "out of memory"))

; The collector may take what is left on the stack of C functions that have returned for pointers. So these tests make 20
; objects that die, and are content with 15. (forget) makes other use of the stack.
(define (forget) (count 60) (gc))
(define (times n function) (when (> n 0) (function n) (times (- n 1) function)))

(define table (make-weak-table))
(define kept '())
(times 20 (lambda (n)
            (let ((key (list n)))
              (weak-set! table key (* n n))
              (when (= (remainder n 4) 0) (set! kept (cons key kept))))))
(check 'weak-count-before (<= (weak-count table) 20) #t)
(forget)
(check 'weak-count (and (>= (weak-count table) 5) (<= (weak-count table) 10)) #t)
(check 'weak-ref (map (lambda (key) (weak-ref table key)) kept) '(16 64 144 256 400))
(weak-set! table (car kept) 'new)
(check 'weak-set (weak-ref table (car kept)) 'new)
(check 'weak-unknown (weak-ref table (list 4)) #f)
(check 'weak-number (message-of (lambda () (weak-set! table 5 5))) "this is not in the heap: 5")

; Finalisers: each of 20 lists leads to another one, and its finaliser is due first.
(define order '())
(define (note name) (lambda (object) (set! order (cons (cons name (car object)) order))))
(times 20 (lambda (n)
            (let* ((inner (list n)) (outer (list n inner)))
              (when-dead outer (note 'outer))
              (when-dead inner (note 'inner)))))
(forget) (forget) (forget)
(define (number-of name list) (if (null? list) 0 (+ (if (eq? (car (car list)) name) 1 0) (number-of name (cdr list)))))
(check 'finalisers (and (>= (number-of 'outer order) 15) (>= (number-of 'inner order) 15)) #t)
(define (member? x list) (and (pair? list) (or (equal? x (car list)) (member? x (cdr list)))))
(define (in-order? list) ; the last one first: behind each inner one is its outer one
  (or (null? list)
      (and (or (eq? (car (car list)) 'outer) (member? (cons 'outer (cdr (car list))) (cdr list))) (in-order? (cdr list)))))
(check 'finaliser-order (in-order? order) #t)

; A finaliser may bring its object back to life.
(define back '())
(times 20 (lambda (n) (when-dead (list 'life n) (lambda (object) (set! back (cons object back))))))
(forget)
(check 'resurrection (and (>= (length back) 15) (equal? (car (car back)) 'life)) #t)

; Ports that are forgotten are closed: more than the system lets a process open.
(define (open-many n)
  (when (> n 0)
    (read-char (open-input-file "/dev/null"))
    (open-many (- n 1))))
(open-many (if (= (stress) 0) 3000 30))
(define port (open-input-file "/dev/null"))
(check 'end-of-file (eof-object? (read-char port)) #t)
(close-port port)
(check 'closed (message-of (lambda () (read-char port))) "this port is closed")
(check 'no-file (message-of (lambda () (open-input-file "/nowhere"))) "cannot open: \"/nowhere\"")

; The heap
(define before (gc))
(times 10 (lambda (n) (make-vector 100 n)))
(check 'gc (<= (gc) (+ before 2000)) #t)

(display tests) (display " tests, ") (display failures) (display " failures") (newline)
(unless (= failures 0) (error "some tests failed"))
