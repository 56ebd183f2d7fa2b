# Answers to the exercises of chapter 3; ``book/_ext/answers.py`` describes the format.

# %% Exercise 9, accepted: SciPy's Toeplitz matrix
def matrix_1d(kernel, n):
    from scipy.linalg import toeplitz

    zeros = np.zeros(n - len(kernel))
    return toeplitz(np.r_[kernel[0], zeros], np.r_[kernel, zeros])


# %% Exercise 9, accepted: the responses to all impulses, as columns
def matrix_1d(kernel, n):
    return np.stack([np.correlate(impulse, kernel, "valid") for impulse in np.eye(n)], axis=1)


# %% Exercise 9, accepted: shifted diagonals, as nested lists
def matrix_1d(kernel, n):
    rows = n - len(kernel) + 1
    return sum(w * np.eye(rows, n, i) for i, w in enumerate(kernel)).tolist()


# %% Exercise 9, accepted: a tensor in single precision
def matrix_1d(kernel, n):
    impulses = torch.eye(n)[:, None]
    weights = torch.tensor(kernel, dtype=torch.float32)[None, None]
    return F.conv1d(impulses, weights)[:, 0].T


# %% Exercise 9, accepted: a sparse matrix, from one row of an image
def matrix_1d(kernel, n):
    return convolution_matrix(kernel[None], (1, n))


# %% Exercise 9, rejected with "one row per position": the transposed matrix
def matrix_1d(kernel, n):
    matrix = np.zeros((n, n - len(kernel) + 1))
    for column in range(matrix.shape[1]):
        matrix[column : column + len(kernel), column] = kernel
    return matrix


# %% Exercise 9, rejected with "one row per position": padding that keeps the length
def matrix_1d(kernel, n):
    half = len(kernel) // 2
    return sum(w * np.eye(n, n, i - half) for i, w in enumerate(kernel))


# %% Exercise 9, rejected with "flips the kernel": the convolution of mathematics
def matrix_1d(kernel, n):
    rows = n - len(kernel) + 1
    matrix = np.zeros((rows, n))
    for row in range(rows):
        matrix[row, row : row + len(kernel)] = kernel[::-1]
    return matrix


# %% Exercise 9, rejected with "columns r, r + 1, r + 2": rows that do not move on
def matrix_1d(kernel, n):
    rows = n - len(kernel) + 1
    return np.tile(np.r_[kernel, np.zeros(n - len(kernel))], (rows, 1))


# %% Exercise 9, rejected with "unrounded": whole numbers
def matrix_1d(kernel, n):
    rows = n - len(kernel) + 1
    matrix = np.zeros((rows, n), dtype=int)
    for row in range(rows):
        matrix[row, row : row + len(kernel)] = kernel
    return matrix


# %% Exercise 9, rejected with "not for all other sizes": a width of 3 only
def matrix_1d(kernel, n):
    matrix = np.zeros((n - len(kernel) + 1, n))
    for row in range(len(matrix)):
        for i in range(3):
            matrix[row, row + i] = kernel[i]
    return matrix
