; In how many ways can 8 queens stand on a board of 8 x 8, so that none attacks another one?
; A board is a list: the column of the queen in each row, the last row first. (5 queens if the heap is under stress.)

(define size (if (= (stress) 0) 8 5))

(define (attacks? column queens distance)
  (and (pair? queens)
       (or (= column (car queens))
           (= column (+ (car queens) distance))
           (= column (- (car queens) distance))
           (attacks? column (cdr queens) (+ distance 1)))))

(define first #f)

(define (solutions queens row)
  (if (= row size)
      (begin (unless first (set! first queens)) 1)
      (let next ((column 1) (found 0))
        (if (> column size)
            found
            (next (+ column 1)
                  (+ found (if (attacks? column queens 1)
                               0
                               (solutions (cons column queens) (+ row 1)))))))))

(define (show queens)
  (for-each (lambda (queen)
              (let next ((column 1))
                (when (<= column size)
                  (display (if (= column queen) "Q " ". "))
                  (next (+ column 1))))
              (newline))
            queens))

(define count (solutions '() 0))
(show first)
(display size) (display " queens: ") (display count) (display " solutions") (newline)
