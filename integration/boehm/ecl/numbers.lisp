; Large numbers, fractions, floats.
(defun factorial (n) (if (= n 0) 1 (* n (factorial (1- n)))))
(print (length (princ-to-string (factorial 1500))))
(print (numerator (loop for i from 1 to 300 sum (/ 1 i))))
(print (loop for i below 100000 sum (sqrt (float i 1d0))))
(print (mod (expt 3 5000) 1000000007))
(print (gcd (factorial 200) (expt 2 300)))
(terpri)
