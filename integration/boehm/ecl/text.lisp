; Strings, formats, the reader and the printer.
(defvar *text* (with-output-to-string (s) (dotimes (i 10000) (format s "~d:~r " i (mod i 100)))))
(print (length *text*))
(print (search "seventy-seven" *text*))
(print (subseq (string-upcase *text*) 0 60))
(print (loop repeat 200 sum (length (prin1-to-string (read-from-string (format nil "(a ~{~a ~}\"text\" #(1 2 3))" (loop for i below 50 collect i)))))))
(print (funcall (eval '(lambda (x) (loop for i below x collect (code-char (+ 97 i))))) 26))
(terpri)
