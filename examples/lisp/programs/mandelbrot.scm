; The Mandelbrot set in letters. Every number on the way is an object of the heap: ten times its 64 KiB for each line.

(define rows (if (= (stress) 0) 23 5))
(define columns (if (= (stress) 0) 76 10))
(define most 50)

(define (steps x y)   ; until z = z * z + (x + iy) has left the circle
  (let next ((re 0.0) (im 0.0) (n 0))
    (let ((re2 (* re re)) (im2 (* im im)))
      (if (or (= n most) (> (+ re2 im2) 4))
          n
          (next (+ (- re2 im2) x) (+ (* 2 re im) y) (+ n 1))))))

(define (letter n)
  (cond ((= n most) "@") ((> n 15) "%") ((> n 8) "*") ((> n 5) "+") ((> n 3) ":") ((> n 2) ".") (else " ")))

(let next-row ((row 0))
  (when (< row rows)
    (let next-column ((column 0) (line '()))
      (if (< column columns)
          (next-column (+ column 1)
                       (cons (letter (steps (- (/ (* 3.2 column) columns) 2.3) (- (/ (* 2.4 row) (- rows 1)) 1.2))) line))
          (begin (display (list->string (reverse line))) (newline))))
    (next-row (+ row 1))))
