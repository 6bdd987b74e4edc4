;; The inner loop of the vector scan. `node scripts/build-vector-kernel.ts` makes vector-kernel.wasm of it.
(module
  (import "m" "memory" (memory 1))

  ;; For each of `count` rows of `stride` int8 (a multiple of 32): the dot product with the int16 query, times the
  ;; row's float32 scale, written to `out` as float32.
  (func (export "scan")
    (param $rows i32) (param $count i32) (param $stride i32) (param $query i32) (param $scales i32) (param $out i32)
    (local $at i32)      ;; in the query
    (local $end i32)     ;; of the row
    (local $values v128) ;; sixteen int8 of the row
    ;; Four sums of four int32 each, so that no addition waits for the one before it.
    (local $sum0 v128) (local $sum1 v128) (local $sum2 v128) (local $sum3 v128)

    (if (i32.eqz (local.get $count)) (then (return)))
    (loop $next_row
      (local.set $end (i32.add (local.get $rows) (local.get $stride)))
      (local.set $at (local.get $query))
      (local.set $sum0 (v128.const i32x4 0 0 0 0))
      (local.set $sum1 (v128.const i32x4 0 0 0 0))
      (local.set $sum2 (v128.const i32x4 0 0 0 0))
      (local.set $sum3 (v128.const i32x4 0 0 0 0))

      ;; Thirty-two values at a time: widened to int16, multiplied with the query's, added in pairs.
      (loop $next_values
        (local.set $values (v128.load (local.get $rows)))
        (local.set $sum0
          (i32x4.add (local.get $sum0)
            (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_s (local.get $values)) (v128.load (local.get $at)))))
        (local.set $sum1
          (i32x4.add (local.get $sum1)
            (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_s (local.get $values)) (v128.load offset=16 (local.get $at)))))
        (local.set $values (v128.load offset=16 (local.get $rows)))
        (local.set $sum2
          (i32x4.add (local.get $sum2)
            (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_s (local.get $values)) (v128.load offset=32 (local.get $at)))))
        (local.set $sum3
          (i32x4.add (local.get $sum3)
            (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_s (local.get $values)) (v128.load offset=48 (local.get $at)))))
        (local.set $rows (i32.add (local.get $rows) (i32.const 32)))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br_if $next_values (i32.lt_u (local.get $rows) (local.get $end))))

      (local.set $sum0
        (i32x4.add
          (i32x4.add (local.get $sum0) (local.get $sum1))
          (i32x4.add (local.get $sum2) (local.get $sum3))))
      (f32.store (local.get $out)
        (f32.mul
          (f32.convert_i32_s
            (i32.add
              (i32.add (i32x4.extract_lane 0 (local.get $sum0)) (i32x4.extract_lane 1 (local.get $sum0)))
              (i32.add (i32x4.extract_lane 2 (local.get $sum0)) (i32x4.extract_lane 3 (local.get $sum0)))))
          (f32.load (local.get $scales))))
      (local.set $out (i32.add (local.get $out) (i32.const 4)))
      (local.set $scales (i32.add (local.get $scales) (i32.const 4)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br_if $next_row (local.get $count)))))
