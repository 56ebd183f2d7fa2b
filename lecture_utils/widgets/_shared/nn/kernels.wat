;; The inner loops of a network, four numbers (32-bit floats) per instruction. plain.js does the same in JavaScript.
;;
;; kernels.js holds the bytes of this module: `python tools/wasm_kernels.py` assembles it again, and a test compares.
;; All addresses are bytes in the memory that the page passes in. Channels come last and in groups of eight, so that
;; one row of a kernel's window is one stretch of memory, and a group of channels is two vectors.
(module
  (import "page" "memory" (memory 1))

  ;; Convolve blocks of 4 pixels by 8 output channels, whose 32 sums stay in registers:
  ;;
  ;;   for each group of 8 output channels
  ;;     for each group of 4 pixels           sums = bias
  ;;       for each row of the window
  ;;         for each tap in the row          sums[pixel] += input[pixel][tap] * weights[tap]
  ;;
  ;; $offsets: one address per pixel, of the first tap of its window. $count: pixels, at least 4.
  ;; $weights: per group of channels, row, and tap, 8 weights. $taps: per row, a multiple of 4 (filled up with zeros).
  ;; $skip: bytes from the end of a window's row to the beginning of the next. $pixel_bytes: of an output pixel.
  ;;
  ;; relaxed_madd multiplies and adds in one instruction, with one rounding. For browsers without it, tools/wasm_kernels.py
  ;; also assembles this file with a multiplication and an addition instead.
  (func $convolve (export "convolve")
    (param $offsets i32) (param $count i32) (param $weights i32) (param $bias i32) (param $output i32) (param $pixel_bytes i32) (param $rows i32) (param $taps i32) (param $skip i32) (param $blocks i32)
    (local $pixel i32) (local $start i32) (local $row i32) (local $tap i32) (local $first i32) (local $weight i32) (local $target i32) (local $p0 i32) (local $p1 i32) (local $p2 i32) (local $p3 i32)
    (local $sum0 v128) (local $sum1 v128) (local $sum2 v128) (local $sum3 v128) (local $sum4 v128) (local $sum5 v128) (local $sum6 v128) (local $sum7 v128) (local $w0 v128) (local $w1 v128) (local $x v128)
    (local.set $first (local.get $weights))
    (loop $channels
      (local.set $pixel (i32.const 0))
      (loop $pixels
        ;; The last four pixels may overlap the four before, which costs less than a loop of its own.
        (local.set $start
          (select (local.get $pixel) (i32.add (local.get $count) (i32.const -4)) (i32.lt_s (local.get $pixel) (i32.add (local.get $count) (i32.const -4)))))
        ;; Where the four windows begin, and the sums: two vectors per pixel, starting from the bias.
        (local.set $p0
          (i32.load (i32.add (local.get $offsets) (i32.mul (local.get $start) (i32.const 4)))))
        (local.set $sum0 (v128.load align=4 (local.get $bias)))
        (local.set $sum1 (v128.load offset=16 align=4 (local.get $bias)))
        (local.set $p1
          (i32.load offset=4 (i32.add (local.get $offsets) (i32.mul (local.get $start) (i32.const 4)))))
        (local.set $sum2 (v128.load align=4 (local.get $bias)))
        (local.set $sum3 (v128.load offset=16 align=4 (local.get $bias)))
        (local.set $p2
          (i32.load offset=8 (i32.add (local.get $offsets) (i32.mul (local.get $start) (i32.const 4)))))
        (local.set $sum4 (v128.load align=4 (local.get $bias)))
        (local.set $sum5 (v128.load offset=16 align=4 (local.get $bias)))
        (local.set $p3
          (i32.load offset=12 (i32.add (local.get $offsets) (i32.mul (local.get $start) (i32.const 4)))))
        (local.set $sum6 (v128.load align=4 (local.get $bias)))
        (local.set $sum7 (v128.load offset=16 align=4 (local.get $bias)))
        (local.set $weight (local.get $first))
        (local.set $row (local.get $rows))
        (loop $window
          (local.set $tap (local.get $taps))
          (loop $row_of_window
            ;; Tap 0 of 4: the weights of 8 channels, and one input of each pixel in all lanes of $x.
            (local.set $w0 (v128.load align=4 (local.get $weight)))
            (local.set $w1 (v128.load offset=16 align=4 (local.get $weight)))
            (local.set $x (v128.load32_splat (local.get $p0)))
            (local.set $sum0
              (f32x4.relaxed_madd (local.get $x) (local.get $w0) (local.get $sum0)))
            (local.set $sum1
              (f32x4.relaxed_madd (local.get $x) (local.get $w1) (local.get $sum1)))
            (local.set $x (v128.load32_splat (local.get $p1)))
            (local.set $sum2
              (f32x4.relaxed_madd (local.get $x) (local.get $w0) (local.get $sum2)))
            (local.set $sum3
              (f32x4.relaxed_madd (local.get $x) (local.get $w1) (local.get $sum3)))
            (local.set $x (v128.load32_splat (local.get $p2)))
            (local.set $sum4
              (f32x4.relaxed_madd (local.get $x) (local.get $w0) (local.get $sum4)))
            (local.set $sum5
              (f32x4.relaxed_madd (local.get $x) (local.get $w1) (local.get $sum5)))
            (local.set $x (v128.load32_splat (local.get $p3)))
            (local.set $sum6
              (f32x4.relaxed_madd (local.get $x) (local.get $w0) (local.get $sum6)))
            (local.set $sum7
              (f32x4.relaxed_madd (local.get $x) (local.get $w1) (local.get $sum7)))
            ;; Tap 1 of 4: the weights of 8 channels, and one input of each pixel in all lanes of $x.
            (local.set $w0 (v128.load offset=32 align=4 (local.get $weight)))
            (local.set $w1 (v128.load offset=48 align=4 (local.get $weight)))
            (local.set $x (v128.load32_splat offset=4 (local.get $p0)))
            (local.set $sum0
              (f32x4.relaxed_madd (local.get $x) (local.get $w0) (local.get $sum0)))
            (local.set $sum1
              (f32x4.relaxed_madd (local.get $x) (local.get $w1) (local.get $sum1)))
            (local.set $x (v128.load32_splat offset=4 (local.get $p1)))
            (local.set $sum2
              (f32x4.relaxed_madd (local.get $x) (local.get $w0) (local.get $sum2)))
            (local.set $sum3
              (f32x4.relaxed_madd (local.get $x) (local.get $w1) (local.get $sum3)))
            (local.set $x (v128.load32_splat offset=4 (local.get $p2)))
            (local.set $sum4
              (f32x4.relaxed_madd (local.get $x) (local.get $w0) (local.get $sum4)))
            (local.set $sum5
              (f32x4.relaxed_madd (local.get $x) (local.get $w1) (local.get $sum5)))
            (local.set $x (v128.load32_splat offset=4 (local.get $p3)))
            (local.set $sum6
              (f32x4.relaxed_madd (local.get $x) (local.get $w0) (local.get $sum6)))
            (local.set $sum7
              (f32x4.relaxed_madd (local.get $x) (local.get $w1) (local.get $sum7)))
            ;; Tap 2 of 4: the weights of 8 channels, and one input of each pixel in all lanes of $x.
            (local.set $w0 (v128.load offset=64 align=4 (local.get $weight)))
            (local.set $w1 (v128.load offset=80 align=4 (local.get $weight)))
            (local.set $x (v128.load32_splat offset=8 (local.get $p0)))
            (local.set $sum0
              (f32x4.relaxed_madd (local.get $x) (local.get $w0) (local.get $sum0)))
            (local.set $sum1
              (f32x4.relaxed_madd (local.get $x) (local.get $w1) (local.get $sum1)))
            (local.set $x (v128.load32_splat offset=8 (local.get $p1)))
            (local.set $sum2
              (f32x4.relaxed_madd (local.get $x) (local.get $w0) (local.get $sum2)))
            (local.set $sum3
              (f32x4.relaxed_madd (local.get $x) (local.get $w1) (local.get $sum3)))
            (local.set $x (v128.load32_splat offset=8 (local.get $p2)))
            (local.set $sum4
              (f32x4.relaxed_madd (local.get $x) (local.get $w0) (local.get $sum4)))
            (local.set $sum5
              (f32x4.relaxed_madd (local.get $x) (local.get $w1) (local.get $sum5)))
            (local.set $x (v128.load32_splat offset=8 (local.get $p3)))
            (local.set $sum6
              (f32x4.relaxed_madd (local.get $x) (local.get $w0) (local.get $sum6)))
            (local.set $sum7
              (f32x4.relaxed_madd (local.get $x) (local.get $w1) (local.get $sum7)))
            ;; Tap 3 of 4: the weights of 8 channels, and one input of each pixel in all lanes of $x.
            (local.set $w0 (v128.load offset=96 align=4 (local.get $weight)))
            (local.set $w1 (v128.load offset=112 align=4 (local.get $weight)))
            (local.set $x (v128.load32_splat offset=12 (local.get $p0)))
            (local.set $sum0
              (f32x4.relaxed_madd (local.get $x) (local.get $w0) (local.get $sum0)))
            (local.set $sum1
              (f32x4.relaxed_madd (local.get $x) (local.get $w1) (local.get $sum1)))
            (local.set $x (v128.load32_splat offset=12 (local.get $p1)))
            (local.set $sum2
              (f32x4.relaxed_madd (local.get $x) (local.get $w0) (local.get $sum2)))
            (local.set $sum3
              (f32x4.relaxed_madd (local.get $x) (local.get $w1) (local.get $sum3)))
            (local.set $x (v128.load32_splat offset=12 (local.get $p2)))
            (local.set $sum4
              (f32x4.relaxed_madd (local.get $x) (local.get $w0) (local.get $sum4)))
            (local.set $sum5
              (f32x4.relaxed_madd (local.get $x) (local.get $w1) (local.get $sum5)))
            (local.set $x (v128.load32_splat offset=12 (local.get $p3)))
            (local.set $sum6
              (f32x4.relaxed_madd (local.get $x) (local.get $w0) (local.get $sum6)))
            (local.set $sum7
              (f32x4.relaxed_madd (local.get $x) (local.get $w1) (local.get $sum7)))
            (local.set $weight (i32.add (local.get $weight) (i32.const 128)))
            (local.set $p0 (i32.add (local.get $p0) (i32.const 16)))
            (local.set $p1 (i32.add (local.get $p1) (i32.const 16)))
            (local.set $p2 (i32.add (local.get $p2) (i32.const 16)))
            (local.set $p3 (i32.add (local.get $p3) (i32.const 16)))
            (local.set $tap (i32.add (local.get $tap) (i32.const -4)))
            (br_if $row_of_window (local.get $tap)))
          (local.set $p0 (i32.add (local.get $p0) (local.get $skip)))
          (local.set $p1 (i32.add (local.get $p1) (local.get $skip)))
          (local.set $p2 (i32.add (local.get $p2) (local.get $skip)))
          (local.set $p3 (i32.add (local.get $p3) (local.get $skip)))
          (local.set $row (i32.add (local.get $row) (i32.const -1)))
          (br_if $window (local.get $row)))
        (local.set $target
          (i32.add (local.get $output) (i32.mul (local.get $start) (local.get $pixel_bytes))))
        (v128.store align=4 (local.get $target) (local.get $sum0))
        (v128.store offset=16 align=4 (local.get $target) (local.get $sum1))
        (local.set $target (i32.add (local.get $target) (local.get $pixel_bytes)))
        (v128.store align=4 (local.get $target) (local.get $sum2))
        (v128.store offset=16 align=4 (local.get $target) (local.get $sum3))
        (local.set $target (i32.add (local.get $target) (local.get $pixel_bytes)))
        (v128.store align=4 (local.get $target) (local.get $sum4))
        (v128.store offset=16 align=4 (local.get $target) (local.get $sum5))
        (local.set $target (i32.add (local.get $target) (local.get $pixel_bytes)))
        (v128.store align=4 (local.get $target) (local.get $sum6))
        (v128.store offset=16 align=4 (local.get $target) (local.get $sum7))
        (local.set $target (i32.add (local.get $target) (local.get $pixel_bytes)))
        (local.set $pixel (i32.add (local.get $pixel) (i32.const 4)))
        (br_if $pixels (i32.lt_s (local.get $pixel) (local.get $count))))
      ;; The next 8 channels have weights, biases, and outputs of their own.
      (local.set $first (local.get $weight))
      (local.set $bias (i32.add (local.get $bias) (i32.const 32)))
      (local.set $output (i32.add (local.get $output) (i32.const 32)))
      (local.set $blocks (i32.add (local.get $blocks) (i32.const -1)))
      (br_if $channels (local.get $blocks))))

  ;; Replace negative numbers by zero, eight numbers per turn. $bytes is a multiple of 32.
  (func $relu (export "relu") (param $from i32) (param $to i32) (param $bytes i32)
    (loop $numbers
      (v128.store align=4 (local.get $to)
        (f32x4.max (v128.load align=4 (local.get $from)) (v128.const i32x4 0 0 0 0)))
      (v128.store offset=16 align=4 (local.get $to)
        (f32x4.max (v128.load offset=16 align=4 (local.get $from)) (v128.const i32x4 0 0 0 0)))
      (local.set $from (i32.add (local.get $from) (i32.const 32)))
      (local.set $to (i32.add (local.get $to) (i32.const 32)))
      (local.set $bytes (i32.add (local.get $bytes) (i32.const -32)))
      (br_if $numbers (local.get $bytes))))

  ;; The largest number of each channel in the window of each pixel. $offsets and $skip are as for $convolve.
  (func $maxPool (export "maxPool")
    (param $offsets i32) (param $count i32) (param $output i32) (param $pixel_bytes i32) (param $rows i32) (param $columns i32) (param $skip i32)
    (local $channel i32) (local $position i32) (local $row i32) (local $column i32) (local $m0 v128) (local $m1 v128)
    (loop $pixels
      (local.set $channel (i32.const 0))
      (loop $channels
        (local.set $position (i32.add (i32.load (local.get $offsets)) (local.get $channel)))
        (local.set $m0 (v128.load align=4 (local.get $position)))
        (local.set $m1 (v128.load offset=16 align=4 (local.get $position)))
        (local.set $row (local.get $rows))
        (loop $window
          (local.set $column (local.get $columns))
          (loop $row_of_window
            (local.set $m0 (f32x4.max (local.get $m0) (v128.load align=4 (local.get $position))))
            (local.set $m1 (f32x4.max (local.get $m1) (v128.load offset=16 align=4 (local.get $position))))
            (local.set $position (i32.add (local.get $position) (local.get $pixel_bytes)))
            (local.set $column (i32.add (local.get $column) (i32.const -1)))
            (br_if $row_of_window (local.get $column)))
          (local.set $position (i32.add (local.get $position) (local.get $skip)))
          (local.set $row (i32.add (local.get $row) (i32.const -1)))
          (br_if $window (local.get $row)))
        (v128.store align=4 (local.get $output) (local.get $m0))
        (v128.store offset=16 align=4 (local.get $output) (local.get $m1))
        (local.set $output (i32.add (local.get $output) (i32.const 32)))
        (local.set $channel (i32.add (local.get $channel) (i32.const 32)))
        (br_if $channels (i32.lt_s (local.get $channel) (local.get $pixel_bytes))))
      (local.set $offsets (i32.add (local.get $offsets) (i32.const 4)))
      (local.set $count (i32.add (local.get $count) (i32.const -1)))
      (br_if $pixels (local.get $count)))))
